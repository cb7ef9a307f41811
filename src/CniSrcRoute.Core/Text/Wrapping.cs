using System.Text;

namespace CniSrcRoute;

/// <summary>
/// Breaks sentences at a terminal's width. What is to be pasted stays in one piece: commands in backquotes, lines that are commands, and what was marked to be
/// kept; so do lines in columns, but for a sentence in the last of them.
/// </summary>
public static class Wrapping
{
    /// <summary>Stands for a blank at which no line ends: of the characters for private use, so in no text.</summary>
    private const char Kept = '\ue000';

    /// <summary>Stands before a sentence in the last column.</summary>
    private const char Column = '\ue001';

    private static readonly string[] Commands = ["+ ", "- ", "~ ", "cure: "];

    /// <summary>Marks a part of a sentence, a command or a line of configuration, to be kept in one piece.</summary>
    /// <param name="sentence">The sentence.</param>
    /// <param name="part">The part; empty for none.</param>
    /// <returns>The sentence, for <see cref="Wrap"/>.</returns>
    public static string Keep(string sentence, string part) =>
        part.Length == 0 ? sentence : sentence.Replace(part, part.Replace(' ', Kept), StringComparison.Ordinal);

    /// <summary>A line in columns, of which the last is a sentence that is wrapped within its column.</summary>
    /// <param name="columns">The columns before it.</param>
    /// <param name="sentence">The sentence.</param>
    /// <returns>The line, for <see cref="Wrap"/>.</returns>
    public static string InColumn(string columns, string sentence) => columns + Column + sentence;

    /// <summary>Wraps every line of a text.</summary>
    /// <param name="text">The text, with what is marked.</param>
    /// <param name="width">How many columns there are; <see cref="int.MaxValue"/> to leave lines as they are.</param>
    /// <returns>The text, with nothing marked.</returns>
    public static string WrapLines(string text, int width) =>
        width == int.MaxValue ? Plain(text) : string.Join('\n', text.Split('\n').Select(line => Wrap(line, width)));

    /// <summary>Wraps a line. What follows the first stands two columns further to the right.</summary>
    /// <param name="line">The line, with what is marked.</param>
    /// <param name="width">How many columns there are; <see cref="int.MaxValue"/> to leave lines as they are.</param>
    /// <returns>One line or several, with nothing marked.</returns>
    public static string Wrap(string line, int width)
    {
        int start = line.IndexOf(Column, StringComparison.Ordinal);
        bool isInColumn = start >= 0;
        string text = isInColumn ? line[(start + 1)..] : line.TrimStart(' ');
        int indent = isInColumn ? start : line.Length - text.Length, column = indent, further = isInColumn ? 0 : 2;
        if (indent + text.Length <= width || (!isInColumn && IsInOnePiece(text)))
        {
            return Plain(line);
        }

        var wrapped = new StringBuilder(line, 0, indent, line.Length + 16);
        foreach (string word in Words(text))
        {
            if (column > indent && column + 1 + word.Length > width)
            {
                column = indent + further;
                wrapped.Append('\n').Append(' ', column);
            }
            else if (column > indent)
            {
                column++;
                wrapped.Append(' ');
            }

            wrapped.Append(word);
            column += word.Length;
        }

        return wrapped.Replace(Kept, ' ').ToString();
    }

    private static string Plain(string text) => text.Replace(Kept, ' ').Replace($"{Column}", "", StringComparison.Ordinal);

    private static bool IsInOnePiece(string text) =>
        Array.Exists(Commands, command => text.StartsWith(command, StringComparison.Ordinal)) || text.Contains("  ", StringComparison.Ordinal);

    private static IEnumerable<string> Words(string text)
    {
        int start = 0;
        bool isQuoted = false;
        for (int i = 0; i < text.Length; i++)
        {
            isQuoted ^= text[i] == '`';
            if (text[i] == ' ' && !isQuoted)
            {
                yield return text[start..i];
                start = i + 1;
            }
        }

        yield return text[start..];
    }
}
