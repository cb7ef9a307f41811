using CniSrcRoute;
using CniSrcRoute.Netlink;
using CniSrcRoute.Plugin;
using CniSrcRoute.Processes;
using CniSrcRoute.Verbs;

StandardStreams.OccupyClosed();

// Whatever the caller's umask: nothing that is made here can be written by others.
Surroundings.Withhold(UnixFileMode.GroupWrite | UnixFileMode.OtherWrite);

// A runtime calls without arguments and says what it wants by the environment (CNI specification, section 2).
if (args.Length == 0 && Environment.GetEnvironmentVariable("CNI_COMMAND") is { Length: > 0 })
{
    return CniPlugin.Run();
}

try
{
    return Verb.Run(args);
}
catch (Exception e)
{
    Log.Error(e switch
    {
        InputException or NetlinkException or IOException or UnauthorizedAccessException => e.Message,
        OutOfMemoryException => "there is not enough memory",
        _ => $"an error of srcroute itself: {e.GetType().Name}: {e.Message}",
    });
    return ExitStatus.Failure;
}
