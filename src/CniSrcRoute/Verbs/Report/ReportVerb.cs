using System.Text;
using CniSrcRoute.Node;

namespace CniSrcRoute.Verbs.Report;

/// <summary>`srcroute report`: one text, which who sends it can read before.</summary>
internal static class ReportVerb
{
    public static int Run(Options options)
    {
        if (options.Operands is not [var file])
        {
            throw new InputException("report: needs the name of a new file");
        }

        if (Path.Exists(file))
        {
            throw new InputException($"report: {file} exists already");
        }

        string text = Printable.Lines(Secrets.Remove(ReportText.Of(options.ConfigFile)));
        text = options.Anonymous ? Anonymous().Replace(text) : text;
        AtomicFile.Write(file, Encoding.UTF8.GetBytes(text), UnixFileMode.UserRead | UnixFileMode.UserWrite, outlastsPowerFailure: false);
        Log.Result($"wrote {file}: read it before you send it{(options.Anonymous ? "" : "; --anonymous replaces its addresses")}\n");
        return ExitStatus.Success;
    }

    /// <summary>With a key that is not kept: the addresses of two reports have nothing in common.</summary>
    private static Anonymizer Anonymous()
    {
        byte[] key = new byte[16];
        using FileStream random = File.OpenRead("/dev/urandom");
        random.ReadExactly(key);
        return new Anonymizer(new SipHash(BitConverter.ToUInt64(key, 0), BitConverter.ToUInt64(key, 8)));
    }
}
