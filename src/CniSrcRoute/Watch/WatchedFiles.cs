using CniSrcRoute.Configuration;
using CniSrcRoute.Linux;
using CniSrcRoute.Node;

namespace CniSrcRoute.Watch;

/// <summary>The files that decide what is desired, and the conflist that is kept: heard of when they change, and read again.</summary>
internal sealed class WatchedFiles : IDisposable
{
    /// <summary>How long another may change files before routes are looked after again; what it does is heard of.</summary>
    private static readonly TimeSpan LockTimeout = TimeSpan.FromMilliseconds(200);
    private const string Plugin = PluginDirectories.Usual + "/srcroute";

    private readonly FileWatch _watch = new();
    private readonly WatchOptions _options;
    private readonly Journal _journal;
    private readonly ConflistFile? _conflist;
    private readonly string[] _files;
    private readonly string?[] _versions;
    private bool _hears;

    /// <summary>Begins to listen, and reads.</summary>
    /// <param name="options">Names the files.</param>
    /// <param name="journal">Told of what is wrong with them.</param>
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

    /// <summary>Takes what was heard.</summary>
    /// <returns>Whether one of the files has changed.</returns>
    public bool HaveChanged() => _watch.Drain();

    /// <summary>Reads the files again. A broken configuration is reported, and the one before stays in force.</summary>
    public void Read() => Read(unheard: false);

    /// <summary>Reads the files though nothing was heard.</summary>
    /// <returns>What has changed: something that should have been heard, where files are heard of; null for nothing.</returns>
    public Cause? Verify()
    {
        bool unheard = _hears && !_watch.Drain();
        List<string> changed = [];
        for (int i = 0; i < _files.Length; i++)
        {
            if (FileVersion.Of(_files[i]) != _versions[i])
            {
                changed.Add(_files[i]);
            }
        }

        Read(unheard);
        string names = string.Join(" and ", changed);
        return names.Length == 0 ? null
            : unheard ? new Cause(CauseKind.Verification, $"verification: that {names} changed should have been heard")
            : new Cause(CauseKind.Config, $"{names} changed");
    }

    /// <inheritdoc/>
    public void Dispose() => _watch.Dispose();

    private void Read(bool unheard)
    {
        Look(unheard);
        try
        {
            Config = NodeFiles.ReadConfig(_options.ConfigFile);
            _journal.Succeeded(Duty.ReadConfig);
        }
        catch (InputException e)
        {
            _journal.Failed(Duty.ReadConfig, $"{e.Message}; the configuration before stays in force");
        }
    }

    /// <summary>Listening first: what comes is heard of from now on, and what is there already is read afterwards.</summary>
    private void Look(bool unheard = false)
    {
        string? obstacle = _watch.Follow(_files);
        _hears = obstacle is null;
        if (_hears)
        {
            _journal.Succeeded(Duty.HearOfFiles);
        }
        else
        {
            _journal.Failed(Duty.HearOfFiles, $"{obstacle}; a change of a file is seen once a minute");
        }

        KeepConflist(unheard);
        for (int i = 0; i < _files.Length; i++)
        {
            _versions[i] = FileVersion.Of(_files[i]);
        }
    }

    /// <summary>Takes our entry out of the conflist: whoever watched is told to end, and the plugin may be removed next.</summary>
    public void Withdraw()
    {
        try
        {
            if (_conflist?.Remove() == true)
            {
                Journal.LeftConflist(_options.Conflist!, "srcroute removed, since this watcher ends");
            }
        }
        catch (Exception e) when (e is InputException or IOException or UnauthorizedAccessException)
        {
            _journal.Failed(Duty.KeepConflist, e.Message);
        }
    }

    /// <summary>Keeps our entry in the conflist, which flannel's pod writes anew at every start, as long as the plugin stands where it is looked for.</summary>
    private void KeepConflist(bool unheard)
    {
        try
        {
            if (_conflist is not null && !IsWithoutPlugin(_conflist) && _conflist.Addition() is not null)
            {
                using FileLock? held = NodeLock.OfFiles(LockTimeout);
                if (_conflist.Add())
                {
                    Journal.KeptConflist(_options.Conflist!, unheard);
                }
            }

            _journal.Succeeded(Duty.KeepConflist);
        }
        catch (Exception e) when (e is InputException or IOException or UnauthorizedAccessException)
        {
            // Not written yet, or half written by somebody who does not rename: it will be told of again.
            _journal.Failed(Duty.KeepConflist, e.Message);
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

        _journal.Failed(Duty.KeepConflist, $"{_options.Conflist} gets no entry: {lacking.Why}; {lacking.Remedy}");
        return true;
    }
}
