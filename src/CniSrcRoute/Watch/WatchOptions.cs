using CniSrcRoute.Sockets;

namespace CniSrcRoute.Watch;

/// <summary>What `srcroute watch` was asked for.</summary>
/// <param name="ConfigFile">The configuration; null for the usual.</param>
/// <param name="Conflist">The conflist to keep our entry in; null for none.</param>
/// <param name="MetricsFile">The textfile for node_exporter; null for none.</param>
/// <param name="MetricsListen">The port that answers with the metrics; null for none.</param>
internal sealed record WatchOptions(string? ConfigFile, string? Conflist, string? MetricsFile, LoopbackEndpoint? MetricsListen);
