using System.Text;
using CniSrcRoute.Linux;
using CniSrcRoute.Node;

namespace CniSrcRoute.Watch;

/// <summary>Where the metrics go: a file that node_exporter reads, a unix socket that is asked by HTTP, both or neither.</summary>
internal sealed class MetricsOutput : IDisposable
{
    private readonly Metrics _metrics;
    private readonly string? _file;
    private readonly UnixListener? _listener;

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

    /// <summary>What poll(2) wants; -1, which it passes over, without a socket.</summary>
    public int Descriptor => _listener?.Descriptor ?? -1;

    /// <summary>Writes the textfile. node_exporter reads the old one or the new one, and nothing that does not end in .prom.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void WriteFile()
    {
        if (_file is not null)
        {
            AtomicFile.Write(_file, _metrics.Format(), AtomicFile.Public);
        }
    }

    /// <summary>Answers those who ask.</summary>
    public void Answer()
    {
        byte[] body = Encoding.UTF8.GetBytes(_metrics.Format());
        _listener?.AnswerAll([.. Encoding.UTF8.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n"), .. body]);
    }

    /// <inheritdoc/>
    public void Dispose() => _listener?.Dispose();
}
