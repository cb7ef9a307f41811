using CniSrcRoute.Tests.Kernel;

namespace CniSrcRoute.Harm;

/// <summary>Two tun devices, and a thread that carries packets from each to the other, as a VPN's process does.</summary>
internal sealed class TunnelEnds : IDisposable
{
    private const int Milliseconds = 20;

    private readonly Thread _carrier;
    private volatile bool _closed;

    public TunnelEnds(Tunnel tunnel, Dictionary<string, NetworkNamespace> networks)
    {
        int[] files =
        [
            networks[tunnel.PlaceA].In(() => Native.OpenTun(tunnel.CardA)),
            networks[tunnel.PlaceB].In(() => Native.OpenTun(tunnel.CardB)),
        ];
        _carrier = new Thread(() => Carry(files)) { IsBackground = true };
        _carrier.Start();
    }

    public void Dispose()
    {
        _closed = true;
        _carrier.Join();
    }

    private void Carry(int[] files)
    {
        byte[] packet = new byte[65536];
        long[] polled = new long[2];
        while (!_closed)
        {
            // struct pollfd: the file, then events and what came of them.
            polled[0] = (long)Native.POLLIN << 32 | (uint)files[0];
            polled[1] = (long)Native.POLLIN << 32 | (uint)files[1];
            _ = Native.poll(polled, 2, Milliseconds);
            for (int i = 0; i < 2; i++)
            {
                nint length = (polled[i] >> 48 & Native.POLLIN) == 0 ? 0 : Native.read(files[i], packet, packet.Length);
                if (length > 0)
                {
                    _ = Native.write(files[1 - i], packet, length);
                }
            }
        }

        Array.ForEach(files, file => _ = Native.close(file));
    }
}
