using CniSrcRoute.Processes;

namespace CniSrcRoute.Install;

/// <summary>The service manager, where it is systemd.</summary>
internal static class Systemd
{
    public const string Bootstrap = "srcroute-bootstrap.service";

    public const string Watch = "srcroute-watch.service";

    /// <summary>Where the administrator's units are.</summary>
    public const string Units = "/etc/systemd/system";

    /// <summary>Whether it runs this system (sd_booted(3)).</summary>
    public static bool IsRunning => Directory.Exists("/run/systemd/system");

    public static bool IsActive(string unit) => Command.Run("systemctl", "is-active", "--quiet", unit) == ExitStatus.Success;

    /// <summary>Plans to have systemctl(1) do something to a unit.</summary>
    public static void Plan(Procedure procedure, string verb, string past, string unit) => procedure.Do(verb, past, unit, () => Control(verb, unit));

    /// <summary>Plans to have all units read again.</summary>
    public static void PlanReload(Procedure procedure) => procedure.Do("run", "ran", "systemctl daemon-reload", () => Control("daemon-reload"));

    private static void Control(params string[] words)
    {
        if (Command.Run(["systemctl", .. words]) != ExitStatus.Success)
        {
            throw new IOException($"`systemctl {string.Join(' ', words)}` failed; `journalctl --unit 'srcroute-*'` may tell more");
        }
    }
}
