using System.Text;
using CniSrcRoute.Walk;

namespace CniSrcRoute.Verbs.Explain;

/// <summary>The explanation for people: a picture, the steps, the verdict.</summary>
/// <param name="state">Knows the names of the cards.</param>
internal sealed class ExplainText(NodeState state)
{
    private const int FewRules = 4;

    private readonly Wording _wording = new(state);

    public string Format(IReadOnlyList<Explanation> all) => string.Join('\n', all.Select(Format));

    private string Format(Explanation one)
    {
        (RoundTrip trip, Request request, bool isRight) = (one.Trip, one.Trip.Request, one.Verdict.IsRight);
        var text = new StringBuilder();
        string server = Wording.Server(request);
        string into = $"{request.Who} -- {Wording.Router(one)} --> {Safe(request.Card.Name)}{(one.IsGuess ? " (a guess)" : "")} --";
        string back = $"{request.Who} <-- {Wording.Back(trip)} -- {_wording.Cards(trip)} --";
        int width = Math.Max(Safe(into).Length, Safe(back).Length);
        text.Append("  ").Append(Pad(into, width, '-')).Append("+\n");
        text.Append("  ").Append(new string(' ', width)).Append("| ").Append(server).Append('\n');
        text.Append("  ").Append(Pad(back, width, '-')).Append("+  ").Append(isRight ? Wording.Right : Wording.Wrong(trip)).Append(Wording.Unless(one)).Append('\n');
        text.Append(Remarks(one));

        // Of a request that goes astray it matters where; else all is in the answer.
        (string what, Flow flow, Way way) = trip.Strays ? ("request", trip.Incoming, trip.Arrival) : ("answer", trip.Reply, trip.Answer);
        text.Append($"\nthe {what}, from {flow.Source} to {flow.Destination}{_wording.Conditions(flow)}:\n");
        AppendSteps(text, way.Steps, trip.Strays ? flow : trip.LookedUp);
        if (!isRight)
        {
            text.Append('\n').Append(Safe($"why: {one.Verdict.Cause}")).Append('\n');
            text.Append(Safe(one.Verdict.Cure.Length == 0 ? "" : $"cure: {one.Verdict.Cure}")).Append(one.Verdict.Cure.Length == 0 ? "" : "\n");
        }

        if (trip.Answer.IsUncertain)
        {
            text.Append("the kernel may decide otherwise: a rule matches on something that srcroute does not know\n");
        }

        return text.ToString();
    }

    /// <summary>What is known of the request, and what is not.</summary>
    private string Remarks(Explanation one)
    {
        Request request = one.Trip.Request;
        List<string> remarks = [];
        if (one.IsGuess)
        {
            remarks.Add($"the card on which requests for {request.Address} arrive is a guess: --card names another");
        }

        if (one.Service is { } service && one.ServiceDoubts.Count == 0)
        {
            remarks.Add(Wording.Service(service, request));
        }

        if (request.Translated is { } to)
        {
            remarks.Add($"connections to {Wording.Ends(request.Address, request.Port)} are translated to {Wording.Ends(to.Address, to.Port)}");
        }
        else if (one.IsUntried)
        {
            remarks.Add($"no tracked connection shows that port {Wording.Text(request.Port)} is translated: it is assumed that the node itself answers");
        }

        if (request.Untracked is { } untracked)
        {
            remarks.Add($"a rule of {untracked.Place}, keeps the {(untracked.OfRequest ? "request" : "answer")} from being tracked: {(untracked.OfRequest ? "it is not translated, and " : "")}the answer gets no mark");
        }

        if (!one.Trip.IsFromAsked)
        {
            string source = one.Trip.Answer.HasSourceOfHop ? "the address of the card that the kernel chooses, which may not be the one"
                : one.Trip.Reply.Source == request.Address ? $"{request.Address}, not from {one.Trip.Incoming.Destination}, the one to which srcroute has translated the one"
                : $"{one.Trip.Reply.Source}, not from the one";
            remarks.Add($"the UDP server is bound to no address, so it answers from {source} that the client asked; whether it chooses the address itself (IP_PKTINFO) cannot be seen");
        }

        remarks.AddRange(one.Doubts.Select(_wording.Doubt).Distinct().Concat(Wording.ServiceDoubts(one)));
        remarks.AddRange(one.Obstructions.Select(obstruction => Wording.Obstruction(obstruction, request)));
        return string.Concat(remarks.Select(remark => $"\n{Safe(remark)}\n"));
    }

    /// <summary>The rules that were asked. Of many consecutive rules that do not match, only the first few are printed.</summary>
    private void AppendSteps(StringBuilder text, IReadOnlyList<Step> steps, Flow flow)
    {
        int inRow = 0;
        foreach (Step step in steps)
        {
            inRow = step.Kind == StepKind.NotFor ? inRow + 1 : 0;
            int more = inRow != FewRules + 1 ? 0 : steps.SkipWhile(other => other != step).TakeWhile(other => other.Kind == StepKind.NotFor).Count();
            string line = more > 0
                ? $"      ...            {more} more that are for other packets"
                : Wrapping.InColumn($"  {step.Rule.Priority,5}  {Wording.Owner(step.Rule),-9} ", Safe($"{Wording.Rule(step.Rule)}: {_wording.Outcome(step, flow)}"));
            if (inRow <= FewRules + 1)
            {
                text.Append(line).Append('\n');
            }
        }
    }

    private static string Safe(string text) => Printable.Line(text);

    private static string Pad(string text, int width, char with) => Safe(text).PadRight(width, with);
}
