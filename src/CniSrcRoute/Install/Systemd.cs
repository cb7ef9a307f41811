using CniSrcRoute.Processes;

namespace CniSrcRoute.Install;

/// <summary>The service manager, where it is systemd.</summary>
internal static class Systemd
{
    /// <summary>Whether it runs this system (sd_booted(3)).</summary>
    public static bool IsRunning => Directory.Exists("/run/systemd/system");

    public static bool IsActive(string unit) => Command.Run("systemctl", "is-active", "--quiet", unit) == ExitStatus.Success;

    /// <summary>Has systemctl(1) do something.</summary>
    /// <exception cref="IOException">It failed.</exception>
    public static void Control(params string[] words)
    {
        if (Command.Run(["systemctl", .. words]) != ExitStatus.Success)
        {
            throw new IOException($"`systemctl {string.Join(' ', words)}` failed; `journalctl --unit 'srcroute-*'` may tell more");
        }
    }
}
