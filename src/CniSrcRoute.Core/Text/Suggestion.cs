namespace CniSrcRoute;

/// <summary>Finds the word that was probably meant.</summary>
public static class Suggestion
{
    /// <summary>Looks for a word that differs from the one that was typed by a slip or two.</summary>
    /// <param name="typed">What was typed.</param>
    /// <param name="words">What there is.</param>
    /// <returns>"did you mean WORD?"; null when nothing is like it.</returns>
    public static string? Of(string typed, IEnumerable<string> words)
    {
        string? nearest = words.MinBy(word => Distance(typed, word));
        int allowed = Math.Min(2, typed.Length / 2);
        return nearest is not null && Distance(typed, nearest) <= allowed ? $"did you mean {nearest}?" : null;
    }

    /// <summary>How many letters are to be added, left out, changed or exchanged with the next (optimal string alignment).</summary>
    private static int Distance(string one, string other)
    {
        int[,] steps = new int[one.Length + 1, other.Length + 1];
        for (int i = 0; i <= one.Length; i++)
        {
            for (int j = 0; j <= other.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    steps[i, j] = i + j;
                    continue;
                }

                int change = one[i - 1] == other[j - 1] ? 0 : 1;
                steps[i, j] = Math.Min(Math.Min(steps[i - 1, j], steps[i, j - 1]) + 1, steps[i - 1, j - 1] + change);
                if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1])
                {
                    steps[i, j] = Math.Min(steps[i, j], steps[i - 2, j - 2] + 1);
                }
            }
        }

        return steps[one.Length, other.Length];
    }
}
