namespace CniSrcRoute;

/// <summary>Text that stays on one line and leaves a terminal alone, whatever names, keys and values it quotes.</summary>
public static class Printable
{
    /// <summary>Replaces control characters.</summary>
    /// <param name="text">Any text.</param>
    /// <returns>The text, with ? for each of them.</returns>
    public static string Line(string text)
    {
        char[] letters = text.ToCharArray();
        for (int i = 0; i < letters.Length; i++)
        {
            letters[i] = char.IsControl(letters[i]) ? '?' : letters[i];
        }

        return new string(letters);
    }
}
