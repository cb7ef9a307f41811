using System.Text;

namespace CniSrcRoute;

/// <summary>
/// Breaks sentences at a terminal's width. What is to be pasted stays in one piece: commands in backquotes, lines that are commands, and what was marked to be
/// kept; so do lines in columns.
/// </summary>
public static class Wrapping
{
    /// <summary>Stands for a blank at which no line ends: of the characters for private use, so in no text.</summary>
    private const char Kept = '\ue000';

    private static readonly string[] Commands = ["+ ", "- ", "~ ", "cure: "];

    /// <summary>Marks a part of a sentence, a command or a line of configuration, to be kept in one piece.</summary>
    /// <param name="sentence">The sentence.</param>
    /// <param name="part">The part; empty for none.</param>
    /// <returns>The sentence, for <see cref="Wrap"/>.</returns>
    public static string Keep(string sentence, string part) =>
        part.Length == 0 ? sentence : sentence.Replace(part, part.Replace(' ', Kept), StringComparison.Ordinal);

    /// <summary>Wraps every line of a text.</summary>
    /// <param name="text">The text, with what is marked.</param>
    /// <param name="width">How many columns there are; <see cref="int.MaxValue"/> to leave lines as they are.</param>
    /// <returns>The text, with nothing marked.</returns>
    public static string WrapLines(string text, int width) =>
        width == int.MaxValue ? text.Replace(Kept, ' ') : string.Join('\n', text.Split('\n').Select(line => Wrap(line, width)));

    /// <summary>Wraps a line. What follows the first stands two columns further to the right.</summary>
    /// <param name="line">The line, with what is marked.</param>
    /// <param name="width">How many columns there are; <see cref="int.MaxValue"/> to leave lines as they are.</param>
    /// <returns>One line or several, with nothing marked.</returns>
    public static string Wrap(string line, int width)
    {
        string text = line.TrimStart(' ');
        if (line.Length <= width || Array.Exists(Commands, command => text.StartsWith(command, StringComparison.Ordinal)) || text.Contains("  ", StringComparison.Ordinal))
        {
            return line.Replace(Kept, ' ');
        }

        int indent = line.Length - text.Length, column = indent;
        var wrapped = new StringBuilder(line, 0, indent, line.Length + 16);
        foreach (string word in Words(text))
        {
            if (column > indent && column + 1 + word.Length > width)
            {
                column = indent + 2;
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
