namespace CniSrcRoute.Install;

/// <summary>One step of an install or an uninstall; taking it again does no harm.</summary>
/// <param name="Verb">Its verb, before it is taken: make.</param>
/// <param name="Past">Its verb, when it has been taken: made.</param>
/// <param name="What">What it is done to.</param>
public abstract record InstallStep(string Verb, string Past, string What);

/// <summary>No step: a line about what is left as it is.</summary>
/// <param name="Line">The line.</param>
public sealed record Remark(string Line) : InstallStep("", "", Line);

/// <summary>A file, symbolic link or directory is put in its place, in one step.</summary>
/// <param name="Item">It.</param>
/// <param name="Replaces">Whether something is there.</param>
public sealed record PutItem(Item Item, bool Replaces) : InstallStep(Replaces ? "replace" : "make", Replaces ? "replaced" : "made", Item.Path);

/// <summary>A file or symbolic link is removed.</summary>
/// <param name="Path">It.</param>
public sealed record RemoveFile(string Path) : InstallStep("remove", "removed", Path);

/// <summary>An empty directory is removed.</summary>
/// <param name="Path">It.</param>
public sealed record RemoveDirectory(string Path) : InstallStep("remove", "removed", Path);

/// <summary>The file in our place gets a second name, which it keeps.</summary>
/// <param name="Path">Its first name.</param>
public sealed record SetAside(string Path) : InstallStep("set", "set", $"aside {Path} as {InstallRecord.AsideOf(Path)}");

/// <summary>What was set aside gets its name back.</summary>
/// <param name="Path">Its name.</param>
public sealed record PutBack(string Path) : InstallStep("put", "put", $"back {Path}");

/// <summary>Our entry is put into a network configuration.</summary>
/// <param name="File">Its file.</param>
public sealed record AddEntry(string File) : InstallStep("add", "added", $"srcroute to {File}");

/// <summary>Our entry is taken out of a network configuration.</summary>
/// <param name="Entry">The entry.</param>
public sealed record RemoveEntry(Entry Entry) : InstallStep("take", "took", $"srcroute out of {Entry.List}");

/// <summary>systemd does something to a unit.</summary>
/// <param name="Verb">systemctl(1)'s word.</param>
/// <param name="Past">The word for it when it is done.</param>
/// <param name="Unit">The unit.</param>
public sealed record ControlUnit(string Verb, string Past, string Unit) : InstallStep(Verb, Past, Unit);

/// <summary>systemd reads all units again.</summary>
public sealed record ReloadUnits() : InstallStep("run", "ran", "systemctl daemon-reload");

/// <summary>The record is written: before anything else, what is going to be made, so that a kill leaves nothing unknown; at the end, that all is made.</summary>
/// <param name="Text">The record.</param>
/// <param name="IsLast">Whether this is the end, of which no line is printed.</param>
public sealed record WriteRecord(string Text, bool IsLast = false) : InstallStep("write", "wrote", IsLast ? "" : InstallRecord.File);

/// <summary>The record is removed, and its directory if nothing else is in it.</summary>
public sealed record RemoveRecord() : InstallStep("remove", "removed", InstallRecord.File);

/// <summary>What a kill left of the record's directory is removed.</summary>
public sealed record RemoveRecordRemains() : InstallStep("remove", "removed", InstallRecord.TemporaryDirectory);

/// <summary>Everything of ours goes out of the kernel.</summary>
public sealed record TearDown() : InstallStep("run", "ran", "srcroute teardown");

/// <summary>Our locks are removed.</summary>
/// <param name="Directory">Where they are.</param>
public sealed record ForgetLocks(string Directory) : InstallStep("remove", "removed", $"the locks in {Directory}");
