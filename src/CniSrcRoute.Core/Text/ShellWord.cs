using System.Text;

namespace CniSrcRoute;

/// <summary>A name that somebody else chose, as one word of a command that people copy into a shell.</summary>
public static class ShellWord
{
    /// <summary>Quotes text.</summary>
    /// <param name="text">Any text, a path for instance.</param>
    /// <returns>The text itself where a shell takes it as it is.</returns>
    public static string Quote(string text) => Quote(Encoding.UTF8.GetBytes(text));

    /// <summary>Quotes bytes, which need not be UTF-8: the kernel lets a card be called nearly anything.</summary>
    /// <param name="name">The bytes, without the zeros behind them.</param>
    /// <returns>Plain, in quotation marks, or, where it holds what a terminal would obey, as a call of printf(1).</returns>
    public static string Quote(ReadOnlySpan<byte> name)
    {
        string text = Encoding.UTF8.GetString(name);
        if (Printable.Line(text) != text || text.Contains('\ufffd', StringComparison.Ordinal))
        {
            var octal = new StringBuilder("\"$(printf %b '");
            foreach (byte one in name)
            {
                octal.Append("\\0").Append(Convert.ToString(one, 8).PadLeft(3, '0'));
            }

            return octal.Append("')\"").ToString();
        }

        return text.Length > 0 && text.All(IsPlain) ? text : $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
    }

    private static bool IsPlain(char letter) => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' or '_' or '@' or '+' or '/' or ':';
}
