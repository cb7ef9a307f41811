using CniSrcRoute.Tests.Kernel;

namespace CniSrcRoute.Harm;

/// <content>The configuration, and pods that come and go.</content>
internal sealed partial class Trial
{
    private Agreement Agreement => new(With.Node);

    private void TryMistakes()
    {
        foreach (string mistake in _draft.Mistakes)
        {
            Faults.AddRange(Agreement.OnMistake(mistake, () => Snapshot(With)));
        }
    }

    /// <summary>Adds the pods that come now, and looks at all flows.</summary>
    private async Task AttachAsync(Moment moment)
    {
        foreach (Attachment pod in _draft.Attachments.Where(pod => pod.When == moment))
        {
            string stage = $"ADD of {pod.Pod}";
            if (!Array.TrueForAll(pod.Steps, Without.Apply))
            {
                throw new SceneException($"not taken: {stage}");
            }

            Array.ForEach(pod.Steps, step => With.Apply(step));
            if (moment == Moment.Alone && _draft.Mistakes.Count > 0)
            {
                AddBesideMistake(pod);
            }
            else if (Agreement.Add(pod, out Outcome called) is { } refused)
            {
                Faults.Add(refused);
            }
            else if (moment != Moment.Watched && Agreement.After(stage, called) is { } unlike)
            {
                Faults.Add(unlike);
            }

            if (moment == Moment.First)
            {
                // ADD has written, and told of it.
                _twins.TakeAdvice();
            }

            await _twins.LookAsync().ConfigureAwait(false);
            await _twins.CompareAsync(stage).ConfigureAwait(false);
        }
    }

    /// <summary>A configuration that was broken meanwhile keeps no pod from starting.</summary>
    private void AddBesideMistake(Attachment pod)
    {
        With.Node.Configure(_draft.Mistakes[0]);
        if (Agreement.Add(pod, out _) is { } refused)
        {
            Faults.Add(refused with { Stage = $"{refused.Stage} beside {_draft.Mistakes[0]}" });
        }

        _twins.Configure(_twins.Configuration);
        Srcroute("sync");
    }

    /// <summary>Has the pods go, the last one first.</summary>
    private void Detach()
    {
        foreach (Attachment pod in _draft.Attachments.AsEnumerable().Reverse())
        {
            Without.Apply(pod.Removal);
            With.Apply(pod.Removal);
            Outcome called = pod.Call(With.Node, "DEL");
            if (called.ExitStatus != 0 || called.Output.Length > 0)
            {
                Faults.Add(new Fault($"DEL of {pod.Pod}", Agreement.Refused, null, "", called.Output + called.Error));
            }
        }
    }
}
