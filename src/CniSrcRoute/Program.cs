using CniSrcRoute;
using CniSrcRoute.Linux;
using CniSrcRoute.Netlink;
using CniSrcRoute.Plugin;
using CniSrcRoute.Verbs;

StandardStreams.OccupyClosed();

// A runtime calls without arguments and says what it wants by the environment (CNI specification, section 2).
if (Environment.GetEnvironmentVariable("CNI_COMMAND") is { Length: > 0 })
{
    return CniPlugin.Run();
}

try
{
    return Verb.Run(args);
}
catch (Exception e) when (e is InputException or NetlinkException or IOException or UnauthorizedAccessException)
{
    Log.Error(e.Message);
    return ExitStatus.Failure;
}
