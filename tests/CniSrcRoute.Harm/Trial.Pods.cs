using System.Text.Json.Nodes;
using CniSrcRoute.Tests.Kernel;

namespace CniSrcRoute.Harm;

/// <content>The configuration, and pods that come and go.</content>
internal sealed partial class Trial
{
    private Agreement Agreement => new(_with.Node);

    private void Configure(JsonObject? configuration)
    {
        _configuration = configuration;
        _with.Node.Sh("rm -f /etc/srcroute/config.json");
        if (configuration is not null)
        {
            _with.Node.Configure(configuration.ToJsonString());
        }
    }

    private void TryMistakes()
    {
        foreach (string mistake in _draft.Mistakes)
        {
            _faults.AddRange(Agreement.OnMistake(mistake, () => Snapshot(_with)));
        }
    }

    /// <summary>Adds the pods that come now, and looks at all flows.</summary>
    private async Task AttachAsync(Moment moment)
    {
        foreach (Attachment pod in _draft.Attachments.Where(pod => pod.When == moment))
        {
            string stage = $"ADD of {pod.Pod}";
            if (!Array.TrueForAll(pod.Steps, _without.Apply))
            {
                throw new SceneException($"not taken: {stage}");
            }

            Array.ForEach(pod.Steps, step => _with.Apply(step));
            if (moment == Moment.Alone && _draft.Mistakes.Count > 0)
            {
                AddBesideMistake(pod);
            }
            else if (Agreement.Add(pod, out Outcome called) is { } refused)
            {
                _faults.Add(refused);
            }
            else if (moment != Moment.Watched && Agreement.After(stage, called) is { } unlike)
            {
                _faults.Add(unlike);
            }

            _before = await _without.SendAsync(_flows).ConfigureAwait(false);
            await CompareAsync(stage).ConfigureAwait(false);
        }
    }

    /// <summary>A configuration that was broken meanwhile keeps no pod from starting.</summary>
    private void AddBesideMistake(Attachment pod)
    {
        _with.Node.Configure(_draft.Mistakes[0]);
        if (Agreement.Add(pod, out _) is { } refused)
        {
            _faults.Add(refused with { Stage = $"{refused.Stage} beside {_draft.Mistakes[0]}" });
        }

        Configure(_configuration);
        Srcroute("sync");
    }

    /// <summary>Has the pods go, the last one first.</summary>
    private void Detach()
    {
        foreach (Attachment pod in _draft.Attachments.AsEnumerable().Reverse())
        {
            _without.Apply(pod.Removal);
            _with.Apply(pod.Removal);
            Outcome called = pod.Call(_with.Node, "DEL");
            if (called.ExitStatus != 0 || called.Output.Length > 0)
            {
                _faults.Add(new Fault($"DEL of {pod.Pod}", Agreement.Refused, null, "", called.Output + called.Error));
            }
        }
    }
}
