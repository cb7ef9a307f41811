namespace CniSrcRoute.Install;

/// <summary>systemd's units of srcroute.</summary>
public static class Units
{
    /// <summary>Makes the tables at boot.</summary>
    public const string Bootstrap = "srcroute-bootstrap.service";

    /// <summary>Keeps them true.</summary>
    public const string Watch = "srcroute-watch.service";

    /// <summary>Where the administrator's units are.</summary>
    public const string Directory = "/etc/systemd/system";

    /// <summary>The file of a unit.</summary>
    /// <param name="unit">The unit.</param>
    public static string FileOf(string unit) => $"{Directory}/{unit}";

    /// <summary>The link by which a unit is started at boot.</summary>
    /// <param name="unit">The unit.</param>
    public static string LinkTo(string unit) => $"{Directory}/multi-user.target.wants/{unit}";
}
