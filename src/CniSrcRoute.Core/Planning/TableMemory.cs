using System.Globalization;
using System.Text;

namespace CniSrcRoute.Planning;

/// <summary>
/// Which table and which mark a source has, and had when it was there: the comments of our file of names. Connections outlive an address that goes and
/// comes again, and they carry their mark; so the mark must not lead them by another card then.
/// </summary>
internal sealed class TableMemory
{
    /// <summary>How many sources that have gone are remembered: some weeks of an IPv6 address that changes every day.</summary>
    private const int MostGone = 32;

    private const string GoneHeader = "# Gone; their numbers and marks are kept, for connections live on. The latest is the last:\n";
    private const string MarkWord = "mark ";

    private readonly List<Entry> _present = [];
    private readonly List<Entry> _gone = [];
    private readonly Dictionary<string, Entry> _presentByName = new(StringComparer.Ordinal);
    private readonly HashSet<uint> _numbers = [];

    /// <summary>What is remembered on a node.</summary>
    public static TableMemory Of(NodeState state)
    {
        var memory = new TableMemory();
        string note = "";
        ReadOnlySpan<char> rest = state.TableNamesFile.Length > 0 ? state.TableNamesFile : state.Remembered;
        while (!rest.IsEmpty)
        {
            ReadOnlySpan<char> line = Before('\n', ref rest);
            bool isGone = line.StartsWith('#');
            line = line[(isGone ? 1 : 0)..];
            if (NamesFile.TryParsePair(Before('#', ref line), out uint number, out string name) && memory.Find(name) is null)
            {
                // Thousands have the same one.
                ReadOnlySpan<char> noted = Before('#', ref line).Trim();
                note = noted.SequenceEqual(note) ? note : noted.StartsWith(MarkWord) ? noted.ToString() : "";
                var entry = new Entry(name, number, note);
                memory._numbers.Add(number);
                (isGone ? memory._gone : memory._present).Add(entry);
                if (!isGone)
                {
                    memory._presentByName.Add(name, entry);
                }
            }
        }

        return memory;
    }

    /// <summary>The number of the table of that name, also of one that has gone; null for none.</summary>
    public uint? Number(string name) => Find(name)?.Number;

    /// <summary>Whether a table had that number, and may have it again.</summary>
    public bool HasNumber(uint number) => _numbers.Contains(number);

    /// <summary>The mark of the table of that name; 0 for none within the mask: read by another one, a mark would be another.</summary>
    public uint MarkOf(string name, MarkMask mask) => Find(name)?.Mark(mask) ?? 0;

    /// <summary>Whether a mark that connections got under another mask would be read as this one: the configuration has changed, and they live on.</summary>
    public bool IsReadFromOtherMask(uint mark, MarkMask mask) =>
        _present.Concat(_gone).Any(entry => entry.Mark(mask) == 0 && (entry.AnyMark & mask.TableBits) == mark);

    /// <summary>The marks of sources that have gone, the one that has been gone longest first.</summary>
    public List<uint> MarksGone(MarkMask mask) => _gone.ConvertAll(entry => entry.Mark(mask));

    /// <summary>What is to be remembered from now on: the text of our file of names.</summary>
    /// <param name="tables">The tables that there are, and whose names are ours to give.</param>
    /// <param name="mask">The bits of their marks.</param>
    /// <returns>The text; empty for nothing.</returns>
    public string With(IReadOnlyList<SourceTable> tables, MarkMask mask)
    {
        List<Entry> present = [];
        HashSet<string> names = new(tables.Count, StringComparer.Ordinal);
        (uint mark, string note) = (0, "");
        foreach (SourceTable table in tables)
        {
            // Tables of both families may share a name and a number.
            if (names.Add(table.Name))
            {
                // A table without a mark gets its own again when there are pods again, or nftables.
                (mark, note) = table.Mark == mark ? (mark, note) : (table.Mark, Entry.Note(table.Mark, mask));
                present.Add(new Entry(table.Name, table.Number, mark != 0 ? note : Find(table.Name)?.MarkNote ?? ""));
            }
        }

        List<Entry> gone = [.. _gone, .. _present];
        gone.RemoveAll(entry => names.Contains(entry.Name));
        gone.RemoveRange(0, Math.Max(0, gone.Count - MostGone));
        var text = new StringBuilder();
        Append(text, NamesFile.Header, "", [.. present.OrderBy(entry => entry.Name, StringComparer.Ordinal)]);
        Append(text, text.Length == 0 ? NamesFile.Header + GoneHeader : GoneHeader, "# ", gone);
        return text.ToString();
    }

    /// <summary>Takes what comes before a sign off a text, and the sign.</summary>
    private static ReadOnlySpan<char> Before(char sign, ref ReadOnlySpan<char> text)
    {
        int end = text.IndexOf(sign);
        ReadOnlySpan<char> before = end < 0 ? text : text[..end];
        text = end < 0 ? [] : text[(end + 1)..];
        return before;
    }

    private static void Append(StringBuilder text, string header, string sign, List<Entry> entries)
    {
        if (entries.Count > 0)
        {
            text.Append(header);
        }

        foreach (Entry entry in entries)
        {
            text.Append(CultureInfo.InvariantCulture, $"{sign}{entry.Number} {entry.Name}{(entry.MarkNote.Length == 0 ? "" : " # ")}{entry.MarkNote}\n");
        }
    }

    private Entry? Find(string name) => _presentByName.TryGetValue(name, out Entry? present) ? present : FindGone(name);

    private Entry? FindGone(string name) => _gone.Find(entry => entry.Name == name);

    /// <param name="Name">The table's name.</param>
    /// <param name="Number">Its number.</param>
    /// <param name="MarkNote">Its mark and the mask, as written in the file; empty for none.</param>
    private sealed record Entry(string Name, uint Number, string MarkNote)
    {
        public static string Note(uint mark, MarkMask mask) => $"{MarkWord}0x{mark:x}/0x{mask.Value:x}";

        /// <summary>The mark, whatever mask it was given under; 0 for none.</summary>
        public uint AnyMark => Parse().Mark;

        public uint Mark(MarkMask mask) => Parse() is var (mark, bits) && bits == mask.Value ? mark : 0;

        private (uint Mark, uint Mask) Parse()
        {
            ReadOnlySpan<char> bits = MarkNote.AsSpan(Math.Min(MarkWord.Length, MarkNote.Length));
            return NamesFile.TryParseNumber(Before('/', ref bits), out uint mark) && NamesFile.TryParseNumber(bits, out uint mask) ? (mark, mask) : (0, 0);
        }
    }
}
