using CniSrcRoute.Configuration;
using CniSrcRoute.Linux;
using CniSrcRoute.Node;

namespace CniSrcRoute.Watch;

/// <summary>The files that decide what is desired, and the conflist that is kept: heard of when they change, and read again.</summary>
internal sealed class WatchedFiles : IDisposable
{
    private readonly FileWatch _watch = new();
    private readonly WatchOptions _options;
    private readonly Journal _journal;
    private readonly ConflistFile? _conflist;

    /// <summary>Begins to listen, and reads.</summary>
    /// <param name="options">Names the files.</param>
    /// <param name="journal">Told of what is wrong with them.</param>
    /// <exception cref="InputException">The configuration is wrong.</exception>
    public WatchedFiles(WatchOptions options, Journal journal)
    {
        _options = options;
        _journal = journal;
        _conflist = options.Conflist is null ? null : new ConflistFile(options.Conflist);
        Listen();
        Config = NodeFiles.ReadConfig(options.ConfigFile);
        KeepConflist();
    }

    /// <summary>What poll(2) wants.</summary>
    public int Descriptor => _watch.Descriptor;

    /// <summary>The configuration in force.</summary>
    public Config Config { get; private set; }

    /// <summary>Takes what was heard.</summary>
    /// <returns>Whether one of the files has changed.</returns>
    public bool HaveChanged() => _watch.Drain();

    /// <summary>Reads the configuration again. A broken one is reported, and the one before stays in force.</summary>
    public void Read()
    {
        // Listening first: a directory that has come is heard of from now on, and what it holds already is read below.
        Listen();
        KeepConflist();
        try
        {
            Config = NodeFiles.ReadConfig(_options.ConfigFile);
            _journal.Succeeded();
        }
        catch (InputException e)
        {
            _journal.Failed($"{e.Message}; the configuration before stays in force");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _watch.Dispose();

    private void Listen()
    {
        _watch.Add(_options.ConfigFile ?? Config.DefaultFile);
        _watch.Add(FlannelSubnet.File);
        if (_options.Conflist is { } conflist)
        {
            _watch.Add(conflist);
        }
    }

    /// <summary>Puts our entry back into the conflist, which flannel's pod writes anew at every start.</summary>
    private void KeepConflist()
    {
        try
        {
            if (_conflist?.Add() == true)
            {
                Journal.KeptConflist(_options.Conflist!);
            }
        }
        catch (Exception e) when (e is InputException or IOException or UnauthorizedAccessException)
        {
            // Not written yet, or half written by somebody who does not rename: it will be told of again.
            _journal.Failed(e.Message);
        }
    }
}
