using System.Text;
using CniSrcRoute.Linux;
using CniSrcRoute.Node;

namespace CniSrcRoute.Watch;

/// <summary>Where the metrics go: a file that node_exporter reads, a unix socket that is asked by HTTP, both or neither.</summary>
internal sealed class MetricsOutput : IDisposable
{
    /// <summary>How often the textfile is written at most.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Metrics _metrics;
    private readonly string? _file;
    private readonly UnixListener? _listener;
    private TimeSpan _written;

    /// <summary>Opens the outputs.</summary>
    /// <param name="metrics">The metrics.</param>
    /// <param name="file">The textfile; null for none.</param>
    /// <param name="socket">The socket's path; null for none.</param>
    /// <exception cref="IOException">The socket cannot be made.</exception>
    public MetricsOutput(Metrics metrics, string? file, string? socket)
    {
        _metrics = metrics;
        _file = file;
        _listener = socket is null ? null : new UnixListener(socket);
    }

    /// <summary>What poll(2) wants; as many at any time.</summary>
    public ReadOnlySpan<int> Descriptors => _listener is null ? [] : _listener.Descriptors;

    /// <summary>Whether the textfile does not say what is so any more.</summary>
    public bool IsStale { get; set; }

    /// <summary>When the textfile is to be written; null when it says what is so, and nobody need wake up for it.</summary>
    public TimeSpan? NextWrite => IsStale && _file is not null ? _written + Interval : null;

    /// <summary>Writes the textfile when it is time. node_exporter reads the old one or the new one, and nothing that does not end in .prom.</summary>
    /// <param name="now">On the clock of <see cref="Environment.TickCount64"/>.</param>
    /// <param name="journal">Told when it cannot be written.</param>
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
            AtomicFile.Write(_file!, _metrics.Format(), AtomicFile.Public);
            journal.Succeeded(Duty.WriteMetrics);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            journal.Failed(Duty.WriteMetrics, $"{_file}: {e.Message}");
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
