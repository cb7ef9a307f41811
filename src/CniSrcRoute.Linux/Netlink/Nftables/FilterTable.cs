using CniSrcRoute.Firewall;
using CniSrcRoute.Netlink.Wire;
using CniSrcRoute.Nftables;
using static CniSrcRoute.Interop.Constants;
using static Tmds.Linux.LibC;

namespace CniSrcRoute.Netlink.Nftables;

/// <summary>Reads chains of a table of others one by one, and the sets that their rules look into.</summary>
internal sealed class FilterTable
{
    private readonly Conversation _conversation;
    private readonly byte _family;
    private readonly string _table;
    private readonly Dictionary<string, FilterSet?> _sets = [];

    /// <param name="conversation">Asks the kernel.</param>
    /// <param name="table">The table, with its family: "ip filter".</param>
    public FilterTable(Conversation conversation, string table)
    {
        string[] words = table.Split(' ', 2);
        (_conversation, _family, _table) = (conversation, NftWriting.FamilyNumber(words[0]), words[1]);
    }

    /// <summary>The rules of a chain that UDP packets, or the answers to them, may match; none of one that is gone by now.</summary>
    public IReadOnlyList<FilterRule> ListRules(string chain, bool ofAnswers)
    {
        var codec = new FilterRuleCodec(Find, ofAnswers);
        List<FilterRule> read = [];
        foreach (byte[] payload in List(chain))
        {
            if (codec.TryDecode(payload, out FilterRule rule))
            {
                read.Add(rule);
            }
        }

        return read;
    }

    /// <summary>The rules of a chain that packets come to before they are tracked; none of one that is gone by now.</summary>
    public IReadOnlyList<TrackRule> ListTrackRules(string chain)
    {
        var codec = new TrackRuleCodec(Find);
        return List(chain).ConvertAll(payload => codec.Decode(payload));
    }

    /// <summary>Sets are asked for when the rules are there: the kernel answers one question at a time.</summary>
    private List<byte[]> List(string chain) =>
        Dump<byte[]>("NFT_MSG_GETRULE", NFT_MSG_GETRULE, NFTA_RULE_TABLE, NFTA_RULE_CHAIN, chain, (ReadOnlySpan<byte> payload, out byte[] rule) =>
        {
            rule = payload.ToArray();
            return true;
        });

    private FilterSet? Find(string name)
    {
        if (!_sets.TryGetValue(name, out FilterSet? set))
        {
            ReadOnlySpan<byte> payload = _conversation.Ask(
                NftWriting.MessageType(NFT_MSG_GETSET), (ref MessageWriter writer) => Write(ref writer, NFTA_SET_TABLE, NFTA_SET_NAME, name), out int errno);
            _ = SetCodec.TryDecode(payload, out NftSet known);
            _sets.Add(name, set = errno != 0 ? null : new FilterSet(known.Key.Length, new(() => FilterSet.Of(known, [.. ListElements(name)]))));
        }

        return set;
    }

    private IEnumerable<(NftElement Element, bool IsEnd)> ListElements(string set) =>
        Dump<List<(NftElement, bool)>>("NFT_MSG_GETSETELEM", NFT_MSG_GETSETELEM, NFTA_SET_ELEM_LIST_TABLE, NFTA_SET_ELEM_LIST_SET, set, FilterSet.TryDecode).SelectMany(list => list);

    private List<T> Dump<T>(string operation, int type, int table, int attribute, string name, Decoder<T> decode)
    {
        try
        {
            return _conversation.Dump(operation, NftWriting.MessageType(type), (ref MessageWriter writer) => Write(ref writer, table, attribute, name), decode);
        }
        catch (NetlinkException gone) when (gone.Errno == ENOENT)
        {
            return [];
        }
    }

    private void Write(ref MessageWriter writer, int table, int attribute, string name)
    {
        writer.Write(new NfGenMsg(_family, 0));
        writer.NameAttribute(table, _table);
        writer.NameAttribute(attribute, name);
    }
}
