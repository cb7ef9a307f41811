using System.Globalization;
using CniSrcRoute.Configuration;

namespace CniSrcRoute.Planning;

/// <summary>
/// Gives every source its table. Numbers stay as they are, also when the source goes and comes again: the config decides, then our own rule in the
/// kernel, then our file of names, which knows it from earlier, then the lowest number that is not and was not in use.
/// </summary>
internal sealed class TableNumbers
{
    private readonly Config _config;
    private readonly NodeState _state;
    private readonly TableMemory _memory;
    private readonly Dictionary<string, uint> _given = [];
    private readonly HashSet<uint> _foreign;
    private readonly HashSet<uint> _ruled;
    private readonly Dictionary<IpPrefix, uint> _standing = [];
    private readonly HashSet<uint> _named;
    private readonly Dictionary<TableId, Source> _taken = [];
    private readonly Dictionary<Source, string> _names = new(ReferenceEqualityComparer.Instance);
    private uint _next;

    public TableNumbers(Config config, NodeState state, TableMemory memory)
    {
        _config = config;
        _next = config.TableBase;
        _state = state;
        _memory = memory;
        _named = [.. state.ForeignTableNames.Values];
        _foreign = [TableId.Default, TableId.Main, TableId.Local, .. _named];
        _ruled = [.. state.Rules.Select(rule => rule.Table)];
        foreach (Rule rule in state.Rules.Where(rule =>
            rule.Protocol == Ownership.Protocol && rule.IsFor(rule.From) && rule.Action == Rule.ActionLookup && !TableId.IsReserved(rule.Table)))
        {
            _standing.TryAdd(rule.From, rule.Table);
        }

        foreach (Rule rule in state.Rules.Where(rule => rule.Protocol != Ownership.Protocol))
        {
            _foreign.Add(rule.Table);
        }

        foreach ((TableId table, List<Route> routes) in state.Tables)
        {
            if (routes.Exists(route => route.Protocol != Ownership.Protocol))
            {
                _foreign.Add(table.Number);
            }
        }
    }

    public List<Finding> Problems { get; } = [];

    /// <summary>The table of every source; a source whose configured table belongs to another is left out and is a problem.</summary>
    public Dictionary<Source, uint> Assign(IReadOnlyList<Source> sources)
    {
        // What is already decided goes first, so that no new source takes such a number.
        var numbers = new Dictionary<Source, uint>(sources.Count, ReferenceEqualityComparer.Instance);
        _taken.EnsureCapacity(sources.Count);
        _names.EnsureCapacity(sources.Count);
        foreach (Source source in sources)
        {
            if (Configured(source) is not { } number)
            {
                continue;
            }

            if (TableId.IsReserved(number))
            {
                AddProblem(source, $"{source.Config!.TableName} is the name of table {number}, which is the kernel's own");
            }
            else if (!Take(source, number, numbers))
            {
                string table = source.Config!.TableName ?? Text(number);
                Source other = _taken[new(source.Family, number)];
                AddProblem(source, $"{table} is the table of {other.Prefix} as well; every source needs one of its own");
            }
        }

        List<Source> open = [.. sources.Where(source => Configured(source) is null)];
        open.RemoveAll(source => Standing(source) is { } number && Take(source, number, numbers));
        open.RemoveAll(source => Named(source) is { } number && Take(source, number, numbers));
        foreach (Source source in open)
        {
            // A name that the config gives to sources of both families is given its number by the first of them.
            uint number = Named(source) is { } named && !_taken.ContainsKey(new(source.Family, named)) ? named : Free();
            _given[TableName(source)] = number;
            Take(source, number, numbers);
        }

        return numbers;
    }

    /// <summary>The name of a source's table: the administrator's for the number, the configured one, or one made of the address.</summary>
    public string Name(Source source, uint number)
    {
        foreach ((string name, uint named) in _state.ForeignTableNames)
        {
            if (named == number)
            {
                return name;
            }
        }

        return source.Extends != 0 ? Text(number) : TableName(source);
    }

    private void AddProblem(Source source, string reason)
    {
        string key = source.Config!.Key + ".table";
        Problems.Add(Finding.BadInput(FindingCode.TableTaken, key, $"{_config.File}: {key}: {reason}"));
    }

    private bool Take(Source source, uint number, Dictionary<Source, uint> numbers)
    {
        bool free = _taken.TryAdd(new TableId(source.Family, number), source);
        if (free)
        {
            numbers.Add(source, number);
        }

        return free;
    }

    private static string Text(uint number) => number.ToString(CultureInfo.InvariantCulture);

    private string TableName(Source source)
    {
        if (!_names.TryGetValue(source, out string? name))
        {
            _names.Add(source, name = source.Config switch
            {
                { TableName: { } configured } => configured,
                { IsNetwork: true } => "src-" + source.Prefix.Address + "/" + Text(source.Prefix.Length),
                _ => NameOf(source.Prefix),
            });
        }

        return name;
    }

    /// <summary>The default name of the table of an address.</summary>
    public static string NameOf(IpPrefix address) => "src-" + address;

    private uint? Configured(Source source) => source.Extends != 0 ? source.Extends : source.Config switch
    {
        { Table: { } number } => number,
        { TableName: { } name } when _state.ForeignTableNames.TryGetValue(name, out uint number) => number,
        _ => null,
    };

    private uint? Standing(Source source) => _standing.TryGetValue(source.Prefix, out uint table) ? table : null;

    // What others have put into such a table since is a conflict to report, no reason to flee with all routes to another number.
    private uint? Named(Source source)
    {
        string name = TableName(source);
        return (_given.TryGetValue(name, out uint given) ? given : _memory.Number(name)) is { } number &&
            !TableId.IsReserved(number) &&
            !_named.Contains(number)
                ? number
                : null;
    }

    private uint Free()
    {
        // A rule of ours that is about to go still leads to its table while the new one is filled.
        uint number = _next;
        while (_foreign.Contains(number) ||
               _memory.HasNumber(number) ||
               _taken.ContainsKey(new TableId(Family.IPv4, number)) ||
               _taken.ContainsKey(new TableId(Family.IPv6, number)) ||
               _ruled.Contains(number))
        {
            number++;
        }

        // What is taken stays taken.
        _next = number;
        return number;
    }
}
