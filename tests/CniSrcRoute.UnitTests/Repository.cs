namespace CniSrcRoute.UnitTests;

/// <summary>The files of the repository, found from the test assembly.</summary>
internal static class Repository
{
    private static readonly string Root = Find();

    /// <summary>What container runtimes were recorded to send.</summary>
    public static string Captures => PathOf("tests/CniSrcRoute.UnitTests/Captures");

    /// <summary>The whole path of a file.</summary>
    /// <param name="file">The file, from the repository's top.</param>
    public static string PathOf(string file) => Path.Combine(Root, file);

    /// <summary>Reads a file.</summary>
    /// <param name="file">The file, from the repository's top.</param>
    public static string Read(string file) => File.ReadAllText(PathOf(file));

    private static string Find()
    {
        string? directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(Path.Combine(directory, "CniSrcRoute.sln")))
        {
            directory = Path.GetDirectoryName(directory);
        }

        return directory ?? "/";
    }
}
