using System.Text;

namespace CniSrcRoute;

/// <summary>Takes out of a text what gives access: values of keys that are called so, in JSON, in KEY=VALUE and KEY: VALUE, and keys and certificates in PEM.</summary>
public static class Secrets
{
    private const string Removed = "REMOVED";

    private static readonly string[] Names = ["password", "passwd", "token", "secret", "credential", "apikey", "private", "clientkey", "client-key", "client_key", "certificate", "_key", "-key", "psk", "authorization", "bearer"];

    /// <summary>The text without them.</summary>
    /// <param name="text">Any text.</param>
    /// <returns>As many lines, but for PEM.</returns>
    public static string Remove(string text)
    {
        var result = new StringBuilder(text.Length);
        bool isPem = false;
        foreach (string line in text.Split('\n'))
        {
            bool begins = line.Contains("-----BEGIN ", StringComparison.Ordinal);
            if (begins || isPem)
            {
                isPem = !line.Contains("-----END ", StringComparison.Ordinal);
                result.Append(begins ? Removed + "\n" : "");
                continue;
            }

            result.Append(RemoveFrom(line)).Append('\n');
        }

        return result.Length > 0 ? result.ToString(0, result.Length - 1) : "";
    }

    /// <summary>Everything behind the first such name of a line goes, up to its end: what of it is the value is not to be told for certain.</summary>
    private static string RemoveFrom(string line)
    {
        int first = -1;
        foreach (string name in Names)
        {
            int at = line.IndexOf(name, StringComparison.OrdinalIgnoreCase);
            int sign = at < 0 ? -1 : line.AsSpan(at).IndexOfAny(':', '=');
            sign = sign < 0 && at >= 0 && name is "bearer" ? name.Length : sign;
            first = sign >= 0 && (first < 0 || at + sign < first) ? at + sign : first;
        }

        return first < 0 ? line : $"{line[..(first + 1)]} {Removed}";
    }
}
