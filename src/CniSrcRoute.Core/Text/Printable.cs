using System.Globalization;
using System.Text;

namespace CniSrcRoute;

/// <summary>Text that leaves a terminal alone, whatever names, keys and values it quotes.</summary>
public static class Printable
{
    /// <summary>Writes what a terminal would obey, or hide, as JSON does: \u001b. That covers line breaks as well.</summary>
    /// <param name="text">Any text.</param>
    /// <returns>One line.</returns>
    public static string Line(string text) => Escape(text, keepsLines: false);

    /// <summary>The same for text of several lines, which stay lines.</summary>
    /// <param name="text">Any text; JSON stays JSON of the same value.</param>
    /// <returns>As many lines.</returns>
    public static string Lines(string text) => Escape(text, keepsLines: true);

    private static string Escape(string text, bool keepsLines)
    {
        StringBuilder? escaped = null;
        for (int i = 0; i < text.Length; i++)
        {
            char letter = text[i];
            bool isPlain = !IsObeyed(letter) || (letter == '\n' && keepsLines);
            if (!isPlain)
            {
                escaped ??= new StringBuilder(text, 0, i, text.Length + 16);
                escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:x4}");
            }
            else
            {
                escaped?.Append(letter);
            }
        }

        return escaped?.ToString() ?? text;
    }

    // Control characters, those without a width, and those that turn the direction of writing (Unicode, UAX 9), by which a name could look like another.
    private static bool IsObeyed(char letter) => char.IsControl(letter) ||
        letter is '\u00ad' or '\u061c' or (>= '\u200b' and <= '\u200f') or (>= '\u2028' and <= '\u202e') or (>= '\u2060' and <= '\u206f') or '\ufeff';
}
