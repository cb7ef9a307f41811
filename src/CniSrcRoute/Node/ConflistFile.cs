using System.Text;
using CniSrcRoute.Conflist;
using CniSrcRoute.Files;

namespace CniSrcRoute.Node;

/// <summary>A file of the runtime's network configurations, changed in one step: a runtime reads the old one or the new one.</summary>
/// <param name="path">The file.</param>
internal sealed class ConflistFile(string path)
{
    /// <summary>What a .conf file is called while the list made from it replaces it.</summary>
    private const string AsideSuffix = ".before-srcroute";

    /// <summary>How often another may come in between.</summary>
    private const int MostTries = 20;

    /// <summary>The list: the file itself, or what a .conf file becomes.</summary>
    public string ListPath => IsSingle ? path + "list" : path;

    /// <summary>Whether it is there, as it was or as the list that was made of it.</summary>
    public bool Exists => File.Exists(path) || File.Exists(ListPath) || File.Exists(AsidePath);

    /// <summary>Whether it has our entry.</summary>
    /// <exception cref="InputException">The file is missing, or not understood.</exception>
    public bool HasEntry => !(IsSingle && File.Exists(path)) && ConflistText.Parse(ListPath, Read(ListPath)).HasEntry;

    /// <summary>What is written when the list is: a symbolic link stays one.</summary>
    public string Target => File.Exists(ListPath) && File.ResolveLinkTarget(ListPath, returnFinalTarget: true) is { } target ? target.FullName : ListPath;

    /// <summary>What it says of its network; null when that is not understood.</summary>
    public NetworkOutline? Outline => NetworkOutline.TryParse(NodeFiles.ReadOrEmpty(File.Exists(path) ? path : ListPath));

    /// <summary>The .conf file that has been rewritten since it was set aside; null for none.</summary>
    public string? Rewritten => IsSetAside && File.Exists(path) ? path : MadeOf?.Rewritten;

    private string AsidePath => path + AsideSuffix;

    private bool IsSetAside => IsSingle && File.Exists(AsidePath);

    // Whether the list is the one that was made of what is set aside.
    private bool IsMade => IsSetAside && File.Exists(ListPath) && IsListOf(AsidePath);

    // The single plugin that this list was made of.
    private ConflistFile? MadeOf =>
        path.EndsWith(".conflist", StringComparison.Ordinal) && new ConflistFile(path[..^"list".Length]) is { IsMade: true } single ? single : null;

    private bool IsSingle => path.EndsWith(".conf", StringComparison.Ordinal);

    /// <summary>Puts our entry in.</summary>
    /// <returns>Whether it was not there.</returns>
    /// <exception cref="InputException">The file is missing, or not understood.</exception>
    public bool Add() => Do(Addition());

    /// <summary>Takes our entry out.</summary>
    /// <returns>Whether it was there.</returns>
    /// <exception cref="InputException">The file is missing, or not understood.</exception>
    public bool Remove() => Do(Removal());

    /// <summary>Whether our entry is still to be put in.</summary>
    /// <exception cref="InputException">The file is missing, or not understood.</exception>
    public bool CanAdd() => Addition() is not null;

    /// <summary>Whether there is anything to take out, or to put back.</summary>
    /// <exception cref="InputException">The file is missing, or not understood.</exception>
    public bool CanRemove() => Removal() is not null;

    private Action? Addition()
    {
        if (IsSingle && File.Exists(path))
        {
            string list = SinglePlugin.ToList(path, Read(path));
            if (File.Exists(ListPath) && Read(ListPath) != list && !IsMade)
            {
                throw new InputException($"{path}: {ListPath} exists as well; a runtime reads only one of them, so remove the other, or name the list");
            }

            return () =>
            {
                // The list is there before the single plugin goes, whose name sorts before it: at no moment there is none.
                Write(ListPath, list, path);
                File.Move(path, AsidePath, overwrite: true);
            };
        }

        return Replacement(text => ConflistText.Parse(ListPath, text).WithEntry(), MostTries);
    }

    private Action? Removal()
    {
        if (MadeOf is { } single)
        {
            return single.Removal();
        }

        if (IsSetAside)
        {
            bool isRewritten = File.Exists(path);
            if (!IsMade && !(isRewritten && (!File.Exists(ListPath) || IsListOf(path))))
            {
                throw new InputException($"{ListPath}: has been changed since it was made from {AsidePath}; restore by hand what you want to keep");
            }

            return isRewritten ? Forget : PutBack;
        }

        if (IsSingle && File.Exists(path))
        {
            // A list made from it is left beside it when adding or removing the entry was interrupted.
            return File.Exists(ListPath) && IsListOf(path) ? () => File.Delete(ListPath) : null;
        }

        return Replacement(text => ConflistText.Parse(ListPath, text).WithoutEntry(), MostTries);
    }

    private void PutBack()
    {
        File.Move(AsidePath, path);
        File.Delete(ListPath);
    }

    // What somebody has written since is what a runtime takes by now, and what they want.
    private void Forget()
    {
        File.Delete(ListPath);
        File.Delete(AsidePath);
    }

    private bool IsListOf(string single) => Read(ListPath) == SinglePlugin.ToList(path, Read(single));

    private static bool Do(Action? change)
    {
        change?.Invoke();
        return change is not null;
    }

    private static string Read(string file)
    {
        try
        {
            // What is not UTF-8 is refused: written back, it would be something else.
            return new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true)
                .GetString(NodeFiles.Read(file) ?? throw new InputException($"{file}: the file cannot be read"));
        }
        catch (DecoderFallbackException)
        {
            throw new InputException($"{file}: not UTF-8");
        }
        catch (IOException)
        {
            throw new InputException($"{file}: the file cannot be read");
        }
    }

    private static FileIdentity Identity(string file) => FileIdentity.Of(file) ?? throw new IOException($"{file}: is gone");

    private static void Write(string file, string text, string like) =>
        AtomicFile.Write(file, Encoding.UTF8.GetBytes(text), Identity(like), outlastsPowerFailure: true);

    private Action? Replacement(Func<string, string> edit, int tries)
    {
        string before = Read(ListPath), after = edit(before), target = Target;
        return before == after ? null : Replace;

        void Replace()
        {
            if (AtomicFile.Replace(target, Encoding.UTF8.GetBytes(before), Encoding.UTF8.GetBytes(after), Identity(target)))
            {
                return;
            }

            // What another has written since is what counts, if it is whole.
            if (tries == 1)
            {
                throw new IOException($"{target}: another program keeps rewriting it");
            }

            Replacement(edit, tries - 1)?.Invoke();
        }
    }
}
