namespace CniSrcRoute.Diagnosis;

/// <summary>
/// The patterns of sysctl.d(5): those of fnmatch(3), by which a slash matches nothing but a slash. That function itself would bring its tables of letters
/// with it.
/// </summary>
internal static class SysctlPattern
{
    /// <summary>Whether a pattern matches a path.</summary>
    public static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> path)
    {
        if (pattern.IsEmpty || path.IsEmpty)
        {
            return path.IsEmpty && pattern.TrimStart('*').IsEmpty;
        }

        if (pattern[0] == '*')
        {
            return Matches(pattern[1..], path) || (path[0] != '/' && Matches(pattern, path[1..]));
        }

        // A bracket that comes first in a set is a member of it.
        int end = pattern[0] == '[' && pattern.Length > 2 ? pattern[2..].IndexOf(']') + 2 : 1;
        bool isSet = end > 1;
        bool fits = isSet ? IsIn(path[0], pattern[1..end]) : pattern[0] == path[0] || (pattern[0] == '?' && path[0] != '/');
        return fits && Matches(pattern[(isSet ? end + 1 : 1)..], path[1..]);
    }

    /// <summary>Whether a letter is one of a set's: "a-z5", or "!a-z5" for all others.</summary>
    private static bool IsIn(char letter, ReadOnlySpan<char> set)
    {
        bool isOther = set[0] is '!' or '^', isIn = false;
        for (int i = isOther ? 1 : 0; i < set.Length; i++)
        {
            bool isRange = i + 2 < set.Length && set[i + 1] == '-';
            isIn |= isRange ? letter >= set[i] && letter <= set[i + 2] : letter == set[i];
            i += isRange ? 2 : 0;
        }

        return letter != '/' && isIn != isOther;
    }
}
