namespace CniSrcRoute.Install;

/// <summary>What there is to do, in order, and what is said of it: a line a step.</summary>
internal sealed class Procedure
{
    private readonly List<Step> _steps = [];

    private string? _refusal;

    /// <summary>Whether there is nothing to do.</summary>
    public bool IsEmpty => _steps.TrueForAll(step => step.Take is null);

    /// <summary>Adds a step.</summary>
    /// <param name="verb">Its verb, for a plan: make.</param>
    /// <param name="past">Its verb, when it has been taken: made.</param>
    /// <param name="what">What it is done to.</param>
    /// <param name="take">Takes it; taking it again does no harm.</param>
    public void Do(string verb, string past, string what, Action take) => _steps.Add(new Step($"would {verb} {what}", $"{past} {what}", take));

    /// <summary>Adds a step that removes a file or a symbolic link.</summary>
    public void Remove(string path) => Do("remove", "removed", path, () => File.Delete(path));

    /// <summary>Puts a step before all others.</summary>
    public void DoFirst(string verb, string past, string what, Action take) => _steps.Insert(0, new Step($"would {verb} {what}", $"{past} {what}", take));

    /// <summary>Adds a step that is nobody's concern.</summary>
    public void DoSilently(Action take) => _steps.Add(new Step("", "", take));

    /// <summary>Adds a line about what is left as it is.</summary>
    public void Say(string line) => _steps.Add(new Step(line, line, take: null));

    /// <summary>Has it end, when all steps are taken, with what could not be planned.</summary>
    public void Refuse(string sentence) => _refusal = sentence;

    /// <summary>Takes the steps, or tells them.</summary>
    /// <returns>The exit status.</returns>
    /// <exception cref="InputException">Something was refused, and the rest is done.</exception>
    public int Run(bool dryRun)
    {
        foreach (Step step in _steps)
        {
            if (!dryRun)
            {
                step.Take?.Invoke();
            }

            if (step.Done.Length > 0)
            {
                Log.Result(Printable.Line(dryRun ? step.Plan : step.Done) + "\n");
            }
        }

        if (IsEmpty)
        {
            Log.Result("nothing to do\n");
        }

        if (_refusal is not null)
        {
            throw new InputException(_refusal);
        }

        return dryRun && !IsEmpty ? ExitStatus.Drift : ExitStatus.Success;
    }

    private sealed class Step(string plan, string done, Action? take)
    {
        public string Plan { get; } = plan;

        public string Done { get; } = done;

        public Action? Take { get; } = take;
    }
}
