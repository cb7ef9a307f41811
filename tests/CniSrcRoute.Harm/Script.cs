namespace CniSrcRoute.Harm;

/// <summary>A scene as a shell script, to be run as root in namespaces of its own (unshare --net --mount --propagation private).</summary>
internal static class Script
{
    /// <summary>The script.</summary>
    public static string Of(Draft draft)
    {
        List<string> lines = ["mount -t tmpfs run /run"];
        foreach (Place place in draft.Places)
        {
            lines.Add($"ip netns add {place.Name}");
            lines.AddRange(Values(place.Name, place.Early.Where(entry => !entry.Key.Contains("redirects", StringComparison.Ordinal) && !entry.Key.Contains("ping", StringComparison.Ordinal))));
        }

        lines.AddRange(draft.Tunnels.Select(tunnel => $"# a process carries packets between {tunnel.CardA} in {tunnel.PlaceA} and {tunnel.CardB} in {tunnel.PlaceB} (tun devices)"));
        lines.AddRange(draft.Places.Select(place => World.Commands(place).TrimEnd()));
        lines.AddRange(draft.Places.SelectMany(place => Values(place.Name, place.Late)));
        lines.AddRange(draft.Advertisements.Select(advertisement => $"# {advertisement}"));
        lines.AddRange(draft.Files.Select(file => $"mkdir -p $(dirname {file.Key}); cat >{file.Key} <<'END'\n{file.Value}\nEND"));
        lines.AddRange(draft.Mistakes.Select(mistake => $"# a mistake in /etc/srcroute/config.json: {mistake}"));
        lines.AddRange(draft.Configuration is null ? [] : [$"mkdir -p /etc/srcroute; cat >/etc/srcroute/config.json <<'END'\n{draft.Configuration.ToJsonString()}\nEND"]);
        lines.AddRange(draft.Attachments.SelectMany(pod => pod.Steps.Append(pod.Removal)).Concat(draft.Changes).Select(change => $"# change: {change.What}\n# ip -n {change.Place} {change.Commands.ReplaceLineEndings($"\n# ip -n {change.Place} ")}"));
        return string.Join('\n', lines);
    }

    private static IEnumerable<string> Values(string place, IEnumerable<KeyValuePair<string, string>> values)
    {
        string[] words = [.. values.Select(entry => $"net.{entry.Key.Replace('.', ':').Replace('/', '.').Replace(':', '/')}='{entry.Value}'")];
        return words.Length == 0 ? [] : [$"nsenter --net=/run/netns/{place} sysctl -qw {string.Join(' ', words)}"];
    }
}
