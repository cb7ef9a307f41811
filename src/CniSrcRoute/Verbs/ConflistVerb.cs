using CniSrcRoute.Files;
using CniSrcRoute.Node;

namespace CniSrcRoute.Verbs;

/// <summary>`srcroute conflist`.</summary>
internal static class ConflistVerb
{
    /// <summary>How long an install may take that another has begun.</summary>
    private static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(30);

    public static int Run(Options options)
    {
        string file = options.Operands.Count > 1 ? options.Operands[1] : Conflists.Find();
        var conflist = new ConflistFile(file);
        using FileLock? held = options.Operands is ["add" or "remove", ..] ? NodeLock.OfFiles(LockTimeout) : null;
        switch (options.Operands.Count is 1 or 2 ? options.Operands[0] : "")
        {
            case "add":
                RequirePlugin(file, conflist);
                return Say(file, conflist.Add() ? "srcroute added" : "srcroute is there already", ExitStatus.Success);
            case "remove":
                string kept = conflist.Rewritten is { } rewritten ? $"; {rewritten} stays, because it has been rewritten since" : "";
                return Say(file, conflist.Remove() ? $"srcroute removed{kept}" : "srcroute is not there", ExitStatus.Success);
            case "check":
                bool there = conflist.HasEntry;
                return Say(
                    file, there ? "srcroute is there" : "srcroute is not there", there && Conflists.Obscuring(file) is null ? ExitStatus.Success : ExitStatus.Drift);
            default:
                throw new InputException("conflist: needs add, remove or check and, optionally, a file");
        }
    }

    // A runtime starts no pod whose list names a plugin that it does not find.
    private static void RequirePlugin(string file, ConflistFile conflist)
    {
        if (Conflists.FindLackingPlugin(file, conflist) is { } lacking)
        {
            WarnIfObscured(file);
            throw new InputException($"{file}: {lacking.Why}; {lacking.Remedy}");
        }
    }

    private static int Say(string file, string what, int status)
    {
        Log.Result($"{file}: {what}\n");
        WarnIfObscured(file);
        return status;
    }

    private static void WarnIfObscured(string file)
    {
        if (Conflists.Obscuring(file) is { } sentence)
        {
            Log.Warning(sentence);
        }
    }
}
