using System.Text;
using CniSrcRoute.Node;
using CniSrcRoute.Sockets;

namespace CniSrcRoute.Watch;

/// <summary>Where the metrics go: a file that node_exporter reads, a port that is asked by HTTP, both or neither.</summary>
internal sealed class MetricsOutput : IDisposable
{
    /// <summary>How often the textfile is written at most.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>How long after it could not have the port it tries again.</summary>
    private static readonly TimeSpan ListenInterval = TimeSpan.FromMinutes(1);

    private static readonly int[] NoDescriptors = [.. Enumerable.Repeat(-1, LoopbackListener.DescriptorCount)];

    private readonly Metrics _metrics;
    private readonly string? _file;
    private readonly LoopbackEndpoint? _endpoint;
    private LoopbackListener? _listener;
    private TimeSpan _written;
    private TimeSpan _nextListen;

    /// <summary>Nothing is opened yet.</summary>
    /// <param name="metrics">The metrics.</param>
    /// <param name="file">The textfile; null for none.</param>
    /// <param name="endpoint">The port; null for none.</param>
    public MetricsOutput(Metrics metrics, string? file, LoopbackEndpoint? endpoint)
    {
        _metrics = metrics;
        _file = file;
        _endpoint = endpoint;
    }

    /// <summary>What poll(2) wants; as many at any time.</summary>
    public ReadOnlySpan<int> Descriptors => _listener is null ? NoDescriptors : _listener.Descriptors;

    /// <summary>Whether the textfile does not say what is so any more.</summary>
    public bool IsStale { get; set; }

    /// <summary>When the textfile is to be written; null when it is up to date.</summary>
    public TimeSpan? NextWrite => IsStale && _file is not null ? _written + Interval : null;

    /// <summary>Takes the port. That another program has it is no reason not to repair routes: it is tried again.</summary>
    /// <param name="now">On the clock of <see cref="Environment.TickCount64"/>.</param>
    /// <param name="journal">Logs that it cannot be had.</param>
    public void ListenWhenDue(TimeSpan now, Journal journal)
    {
        if (_endpoint is null || _listener is not null || now < _nextListen)
        {
            return;
        }

        _nextListen = now + ListenInterval;
        try
        {
            _listener = new LoopbackListener(_endpoint);
            journal.Succeeded(WatcherTask.AnswerMetrics);
        }
        catch (IOException e)
        {
            journal.Failed(WatcherTask.AnswerMetrics, $"metrics: {e.Message}");
        }
    }

    /// <summary>Writes the textfile when it is time. node_exporter reads the old one or the new one, and nothing that does not end in .prom.</summary>
    /// <param name="now">On the clock of <see cref="Environment.TickCount64"/>.</param>
    /// <param name="journal">Logs that it cannot be written.</param>
    public void WriteWhenDue(TimeSpan now, Journal journal)
    {
        if (NextWrite is not { } due || now < due)
        {
            return;
        }

        _written = now;
        IsStale = false;
        try
        {
            AtomicFile.Write(_file!, _metrics.Format(), Ownership.FileMode);
            journal.Succeeded(WatcherTask.WriteMetrics);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            journal.Failed(WatcherTask.WriteMetrics, $"{_file}: {e.Message}");
        }
    }

    /// <summary>Answers those who ask.</summary>
    public void Answer()
    {
        byte[] body = Encoding.UTF8.GetBytes(_metrics.Format());
        byte[] head = Encoding.UTF8.GetBytes(
            $"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n");
        _listener?.AnswerAll([.. head, .. body]);
    }

    /// <inheritdoc/>
    public void Dispose() => _listener?.Dispose();
}
