using CniSrcRoute.Configuration;
using CniSrcRoute.Files;
using CniSrcRoute.Node;

namespace CniSrcRoute.Watch;

/// <summary>The files that decide what is desired, and the conflist that is kept: watched, and read again when they change.</summary>
internal sealed class WatchedFiles : IDisposable
{
    /// <summary>How long another may change files before routes are looked after again; its changes arrive as events.</summary>
    private static readonly TimeSpan LockTimeout = TimeSpan.FromMilliseconds(200);
    private const string Plugin = PluginDirectories.Usual + "/srcroute";

    private readonly FileWatch _watch = new();
    private readonly WatchOptions _options;
    private readonly Journal _journal;
    private readonly ConflistFile? _conflist;
    private readonly string[] _files;
    private readonly string?[] _versions;
    private bool _isWatching;

    /// <summary>Begins to listen, and reads.</summary>
    /// <param name="options">Names the files.</param>
    /// <param name="journal">Logs what is wrong with them.</param>
    /// <exception cref="InputException">The configuration is wrong.</exception>
    public WatchedFiles(WatchOptions options, Journal journal)
    {
        _options = options;
        _journal = journal;
        _conflist = options.Conflist is null ? null : new ConflistFile(options.Conflist);
        _files = [options.ConfigFile ?? Config.DefaultFile, FlannelSubnet.File];
        if (_conflist is not null)
        {
            _files = options.Conflist == _conflist.ListPath ? [.. _files, _conflist.ListPath] : [.. _files, options.Conflist!, _conflist.ListPath];
            _files = Conflists.IsRead(options.Conflist!) ? [.. _files, Plugin] : _files;
        }

        _versions = new string?[_files.Length];
        Look();
        Config = NodeFiles.ReadConfig(options.ConfigFile);
    }

    /// <summary>What poll(2) wants; another when the kernel had none to give at first.</summary>
    public int Descriptor => _watch.Descriptor;

    /// <summary>The configuration in force.</summary>
    public Config Config { get; private set; }

    /// <summary>Takes the events received so far.</summary>
    /// <returns>Whether one of the files has changed.</returns>
    public bool HaveChanged() => _watch.Drain();

    /// <summary>Reads the files again. A broken configuration is reported, and the one before stays in force.</summary>
    public void Read() => Read(unannounced: false);

    /// <summary>Reads the files without an event.</summary>
    /// <returns>What has changed; null for nothing.</returns>
    public Cause? Verify()
    {
        bool unannounced = _isWatching && !_watch.Drain();
        List<string> changed = [];
        for (int i = 0; i < _files.Length; i++)
        {
            if (FileVersion.Of(_files[i]) != _versions[i])
            {
                changed.Add(_files[i]);
            }
        }

        Read(unannounced);
        string names = string.Join(" and ", changed);
        return names.Length == 0 ? null
            : unannounced ? new Cause(CauseKind.Verification, $"periodic check found that {names} changed, which no event announced")
            : new Cause(CauseKind.Config, $"{names} changed");
    }

    /// <inheritdoc/>
    public void Dispose() => _watch.Dispose();

    private void Read(bool unannounced)
    {
        Look(unannounced);
        try
        {
            Config = NodeFiles.ReadConfig(_options.ConfigFile);
            _journal.Succeeded(WatcherTask.ReadConfig);
        }
        catch (InputException e)
        {
            _journal.Failed(WatcherTask.ReadConfig, $"{e.Message}; the previous configuration stays in force");
        }
    }

    /// <summary>Watches first and reads afterwards, so that no change falls in between.</summary>
    private void Look(bool unannounced = false)
    {
        string? obstacle = _watch.Follow(_files);
        _isWatching = obstacle is null;
        if (_isWatching)
        {
            _journal.Succeeded(WatcherTask.WatchFiles);
        }
        else
        {
            _journal.Failed(WatcherTask.WatchFiles, $"{obstacle}; changes of files are noticed only once a minute");
        }

        KeepConflist(unannounced);
        for (int i = 0; i < _files.Length; i++)
        {
            _versions[i] = FileVersion.Of(_files[i]);
        }
    }

    /// <summary>Takes our entry out of the conflist: the watcher ends, and the plugin may be removed next.</summary>
    public void Withdraw()
    {
        try
        {
            if (_conflist?.Remove() == true)
            {
                Journal.LeftConflist(_options.Conflist!, "srcroute removed, because this watcher ends");
            }
        }
        catch (Exception e) when (e is InputException or IOException or UnauthorizedAccessException)
        {
            _journal.Failed(WatcherTask.KeepConflist, e.Message);
        }
    }

    /// <summary>Keeps our entry in the conflist, which flannel's pod rewrites at every start, as long as the plugin is where the runtime looks for it.</summary>
    private void KeepConflist(bool unannounced)
    {
        try
        {
            if (_conflist is not null && !IsWithoutPlugin(_conflist) && _conflist.CanAdd())
            {
                using FileLock? held = NodeLock.OfFiles(LockTimeout);
                if (_conflist.Add())
                {
                    Journal.KeptConflist(_options.Conflist!, unannounced);
                }
            }

            _journal.Succeeded(WatcherTask.KeepConflist);
        }
        catch (Exception e) when (e is InputException or IOException or UnauthorizedAccessException)
        {
            // Not written yet, or half written by somebody who does not rename: another event will come.
            _journal.Failed(WatcherTask.KeepConflist, e.Message);
        }
    }

    // A runtime starts no pod whose list names a plugin that it does not find.
    private bool IsWithoutPlugin(ConflistFile conflist)
    {
        if (Conflists.FindLackingPlugin(_options.Conflist!, conflist) is not { } lacking)
        {
            return false;
        }

        // Where it looks elsewhere, somebody may have put the plugin there, and the entry as well. Where there is no plugin at all, nobody has.
        if (FileIdentity.Of(Plugin) is null && conflist.Remove())
        {
            Journal.LeftConflist(_options.Conflist!, $"srcroute removed, since {Plugin} is gone");
        }

        _journal.Failed(WatcherTask.KeepConflist, $"{_options.Conflist} gets no entry: {lacking.Why}; {lacking.Remedy}");
        return true;
    }
}
