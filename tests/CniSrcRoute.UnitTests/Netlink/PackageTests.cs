using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Runtime.InteropServices;
using System.Runtime.Loader;

using CniSrcRoute.Netlink;

using Xunit;

namespace CniSrcRoute.UnitTests.Netlink;

/// <summary>
/// What the product uses of the package Tmds.LibC, as its own assembly tells, is what the headers say. The package has an assembly for each kind of machine; both
/// can be read on either.
/// </summary>
public class PackageTests
{
    private const string Space = "Tmds.Linux", Functions = "LibC";

    public static TheoryData<string> Machines => [.. Headers.Compilers.Keys];

    [Theory, MemberData(nameof(Machines))]
    public void Every_constant_that_is_used_is_what_the_header_says_under_its_name(string machine)
    {
        Type functions = Package(machine).GetType($"{Space}.{Functions}")!;
        HashSet<string> names = [.. Used().Where(used => used.Type == Functions && used.Member.StartsWith("get_", StringComparison.Ordinal)).Select(used => used.Member[4..])];
        Assert.Superset(new HashSet<string> { "AF_NETLINK", "ENOBUFS", "O_DIRECTORY" }, names);
        Headers.Confirm(machine, [.. names.Select(name => $"{name} == {functions.GetProperty(name)!.GetValue(null)}")]);
    }

    [Theory, MemberData(nameof(Machines))]
    public void Every_struct_that_is_used_is_laid_out_as_in_the_headers(string machine)
    {
        Assembly package = Package(machine);
        HashSet<string> names = [.. Used().Select(used => used.Type).Where(name => name != Functions)];
        Assert.Superset(new HashSet<string> { "sockaddr_un", "pollfd", "statx", "socklen_t" }, names);
        Headers.Confirm(machine, [.. names.Select(name => $"sizeof({InC(name)}) == {Marshal.SizeOf(package.GetType($"{Space}.{name}")!)}")]);
    }

    [Theory, MemberData(nameof(Machines))]
    public void Every_field_that_is_used_stands_where_the_header_says(string machine)
    {
        Assembly package = Package(machine);
        List<string> claims = [];
        foreach ((string name, string member) in Used().Where(used => used.Type != Functions))
        {
            Type type = package.GetType($"{Space}.{name}")!;
            string field = member.StartsWith("get_", StringComparison.Ordinal) || member.StartsWith("set_", StringComparison.Ordinal) ? member[4..] : member;

            // Many are properties.
            FieldInfo? bytes = type.GetField(field) ?? type.GetField($"<{field}>k__BackingField", BindingFlags.NonPublic | BindingFlags.Instance);
            if (bytes is not null)
            {
                claims.Add($"offsetof({InC(name)}, {field}) == {Marshal.OffsetOf(type, bytes.Name)}");
                claims.Add($"sizeof((({InC(name)} *)0)->{field}) == {Marshal.SizeOf(bytes.FieldType)}");
            }
        }

        foreach (string field in (string[])["fd", "events", "revents", "sun_family", "sun_path", "stx_ino", "stx_mode", "tv_nsec"])
        {
            Assert.Contains(claims, claim => claim.Contains($", {field})", StringComparison.Ordinal));
        }

        Headers.Confirm(machine, claims);
    }

    [Fact]
    public void The_machines_differ_so_that_one_for_both_would_be_found()
    {
        Assert.NotEmpty(Headers.Compile("linux-arm64", [$"O_DIRECTORY == {Package("linux-x64").GetType($"{Space}.{Functions}")!.GetProperty("O_DIRECTORY")!.GetValue(null)}"]));
        Assert.All(Headers.Compilers.Keys, machine => Assert.NotEmpty(Headers.Compile(machine, ["RTA_DST == 2"])));
    }

    private static string InC(string name) => name == "ulong_t" ? "unsigned long" : name.EndsWith("_t", StringComparison.Ordinal) ? name : $"struct {name}";

    private static Assembly Package(string machine) =>
        new AssemblyLoadContext(machine).LoadFromAssemblyPath(Path.Combine(AppContext.BaseDirectory, "runtimes", machine, "lib", "netstandard2.0", "Tmds.LibC.dll"));

    /// <summary>The types of the package that the product uses, and their members: methods, fields, and properties as the methods they are.</summary>
    private static HashSet<(string Type, string Member)> Used()
    {
        using var file = new PEReader(File.OpenRead(typeof(NetlinkSocket).Assembly.Location));
        MetadataReader metadata = file.GetMetadataReader();
        HashSet<(string Type, string Member)> used = [];
        foreach (TypeReferenceHandle handle in metadata.TypeReferences)
        {
            TypeReference type = metadata.GetTypeReference(handle);
            if (metadata.GetString(type.Namespace) == Space)
            {
                used.Add((metadata.GetString(type.Name), ""));
            }
        }

        foreach (MemberReference member in metadata.MemberReferences.Select(metadata.GetMemberReference))
        {
            if (member.Parent.Kind == HandleKind.TypeReference && metadata.GetTypeReference((TypeReferenceHandle)member.Parent) is var type &&
                metadata.GetString(type.Namespace) == Space)
            {
                used.Add((metadata.GetString(type.Name), metadata.GetString(member.Name)));
            }
        }

        return used;
    }
}
