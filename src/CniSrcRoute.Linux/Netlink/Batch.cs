using CniSrcRoute.Interop;
using CniSrcRoute.Netlink.Codecs;
using CniSrcRoute.Netlink.Wire;
using CniSrcRoute.Planning;
using static Tmds.Linux.LibC;

namespace CniSrcRoute.Netlink;

/// <summary>Writes routes and rules, many to a datagram.</summary>
/// <param name="conversation">Carries them.</param>
internal sealed class Batch(Conversation conversation)
{
    /// <summary>
    /// How many messages go into one datagram. Each may be answered by a refusal of about 1 KB in the kernel's accounting, which the receive queue must hold.
    /// </summary>
    private const int BatchMessages = 2048;

    private const int BatchBytes = 256 << 10;

    private byte[]? _buffer;

    /// <summary>Sends the steps. Every step is tried, whatever became of the ones before it.</summary>
    /// <param name="changes">The steps: <see cref="RouteChange"/> and <see cref="RuleChange"/>.</param>
    /// <returns>What the kernel refused, by the step's index. Removing what is gone is no refusal.</returns>
    /// <exception cref="NetlinkException">The conversation failed; what was not refused may or may not be done.</exception>
    public List<NetlinkError> Apply(IReadOnlyList<Change> changes)
    {
        var errors = new List<NetlinkError>();
        byte[] buffer = _buffer ??= new byte[BatchBytes];
        int next = 0;
        while (next < changes.Count)
        {
            int first = next;
            uint firstSequence = conversation.Sequence + 1;
            var writer = new MessageWriter(buffer);
            int last = 0;
            while (next < changes.Count && next - first < BatchMessages)
            {
                int start = writer.Length;
                Encode(ref writer, changes[next], conversation.Sequence + 1);
                if (writer.Overflowed && start > 0)
                {
                    writer.Rewind(start);
                    break;
                }

                if (writer.Overflowed)
                {
                    throw new NetlinkException("send", 0, "a single message is longer than a batch may be");
                }

                last = start;
                conversation.NextSequence();
                next++;
            }

            // Refusals come unasked; of the successes one is enough, that of the last message, behind which nothing more can come.
            buffer[last + 6] |= Constants.NLM_F_ACK;
            conversation.Send(buffer.AsSpan(0, writer.Length));
            Collect(firstSequence, first, changes, errors);
        }

        return errors;
    }

    private static void Encode(ref MessageWriter writer, Change change, uint sequence)
    {
        int flags = Constants.NLM_F_REQUEST | change.Kind switch
        {
            // For each rule that must be new the kernel compares all there are; that there is none like it was seen when the node was read.
            ChangeKind.Add when change is RuleChange => Constants.NLM_F_CREATE,
            ChangeKind.Add => Constants.NLM_F_CREATE | (change is RouteChange { Appends: true } ? Constants.NLM_F_APPEND : Constants.NLM_F_EXCL),
            ChangeKind.Replace => Constants.NLM_F_CREATE | Constants.NLM_F_REPLACE,
            _ => 0,
        };
        bool remove = change.Kind == ChangeKind.Remove;
        switch (change)
        {
            case RouteChange route:
                writer.Begin(remove ? Constants.RTM_DELROUTE : Constants.RTM_NEWROUTE, flags, sequence);

                // Without next hops the kernel compares none: those that are left of a multipath route are not what it has.
                Route written = remove && route.Route.HasDeadNexthops ? route.Route with { Nexthops = [], NexthopId = 0 } : route.Route;
                RouteCodec.Encode(ref writer, route.Table, written);
                break;
            case RuleChange rule:
                writer.Begin(remove ? Constants.RTM_DELRULE : Constants.RTM_NEWRULE, flags, sequence);
                RuleCodec.Encode(ref writer, rule.Rule);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(change), change, "not a change of the kernel's");
        }

        writer.End();
    }

    private static bool IsGone(Change change, int errno) =>
        change.Kind == ChangeKind.Remove && (errno == ESRCH || errno == ENOENT || errno == ENODEV);

    private void Collect(uint firstSequence, int first, IReadOnlyList<Change> changes, List<NetlinkError> errors)
    {
        while (true)
        {
            MessageReader reader = conversation.Receive();
            while (reader.Next())
            {
                uint offset = reader.Header.Sequence - firstSequence;
                if (reader.Header.Type != Constants.NLMSG_ERROR || offset > conversation.Sequence - firstSequence)
                {
                    continue;
                }

                int index = first + (int)offset;
                if (reader.Errno != 0 && !IsGone(changes[index], reader.Errno))
                {
                    errors.Add(new NetlinkError(index, reader.Errno, reader.Words));
                }

                if (reader.Header.Sequence == conversation.Sequence)
                {
                    return;
                }
            }
        }
    }
}
