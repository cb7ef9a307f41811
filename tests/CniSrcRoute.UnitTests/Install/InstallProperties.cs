using System.Text;
using CniSrcRoute.Configuration;
using CniSrcRoute.Install;
using CsCheck;
using Xunit;

namespace CniSrcRoute.UnitTests.Install;

/// <summary>Install and uninstall on any node, also when they are killed between any two steps.</summary>
public sealed class InstallProperties
{
    private static readonly byte[] Binary = "srcroute"u8.ToArray();

    private static readonly (string Path, Found Found)[] Possible =
    [
        ("/usr/local/sbin", Found.Directory), ("/opt/cni/bin", Found.Directory), ("/opt", Found.Directory), ("/usr/lib/cni/bridge", Other("bridge")),
        (Units.Directory, Found.Directory), ("/etc/systemd/network", Found.Directory), ("/etc/iproute2/rt_tables.d", Found.Directory),
        (Layout.Binary, Other("somebody's")), (Layout.Binary, Found.Link("/root/srcroute")), ("/usr/lib/cni/srcroute", Other("older")), ("/usr/local/sbin/srcroute", Other("script")),
        (Config.DefaultFile, Other("{}")), (Layout.DropIn, Other("[Network]")), (Units.FileOf(Units.Watch), Other("[Service]")), (Units.LinkTo(Units.Bootstrap), Found.Link("/dev/null")),
    ];

    private static readonly Gen<Func<ModelNode>> GenNode =
        from what in Gen.Bool.Array[Possible.Length]
        from kind in Gen.Int[0, 3]
        from networks in Gen.Int[0, 2]
        from directories in Gen.Int[0, 2]
        select (Func<ModelNode>)(() => Build(what, kind, networks, directories));

    [Fact]
    public void Uninstall_leaves_the_very_node_that_install_found() => GenNode.Sample(make =>
    {
        ModelNode node = make();
        string before = node.Snapshot();
        TakeAll(node, Install(node));
        Assert.True(Install(node).IsEmpty);

        TakeAll(node, UninstallPlanner.Plan(node, node.Record));
        Assert.Equal(before, node.Snapshot());
        Assert.True(UninstallPlanner.Plan(node, node.Record).IsEmpty);
    }, iter: 1000);

    [Fact]
    public void An_install_that_was_killed_is_completed_or_taken_back() => Gen.Select(GenNode, Gen.Int[0, 40], Gen.Bool).Sample((make, kill, again) =>
    {
        ModelNode node = make(), whole = make();
        string before = node.Snapshot();
        TakeAll(node, Install(node), kill);
        if (again)
        {
            TakeAll(node, Install(node));
            TakeAll(whole, Install(whole));
            Assert.Equal(whole.Snapshot(), node.Snapshot());
        }

        TakeAll(node, UninstallPlanner.Plan(node, node.Record));
        Assert.Equal(before, node.Snapshot());
    }, iter: 1000);

    [Fact]
    public void An_uninstall_that_was_killed_is_completed() => Gen.Select(GenNode, Gen.Int[0, 40], Gen.Int[0, 40]).Sample((make, first, second) =>
    {
        ModelNode node = make();
        string before = node.Snapshot();
        TakeAll(node, Install(node));
        TakeAll(node, UninstallPlanner.Plan(node, node.Record), first);
        TakeAll(node, UninstallPlanner.Plan(node, node.Record), second);
        TakeAll(node, UninstallPlanner.Plan(node, node.Record));
        Assert.Equal(before, node.Snapshot());
    }, iter: 1000);

    [Fact]
    public void What_cannot_be_set_aside_is_not_replaced()
    {
        var node = new ModelNode();
        node.Make("/etc", Found.Directory);
        node.Make(Layout.Binary, Other("somebody's"));
        node.Make(InstallRecord.AsideOf(Layout.Binary), Other("of long ago"));
        string reason = Assert.Throws<InputException>(() => Install(node)).Message;
        Assert.Contains($"{Layout.Binary}: another file is in the place of srcroute", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void What_came_after_ours_was_installed_is_not_replaced_either()
    {
        var node = new ModelNode();
        node.Make("/etc", Found.Directory);
        node.Make(Layout.Binary, Other("somebody's"));
        TakeAll(node, Install(node));
        node.Make(Layout.Binary, Other("somebody's, newer"));
        Assert.Throws<InputException>(() => Install(node));

        TakeAll(node, UninstallPlanner.Plan(node, node.Record));
        Assert.Equal(Other("somebody's, newer"), node.At(Layout.Binary));
    }

    private static Found Other(string text) => Found.File(Encoding.UTF8.GetBytes(text), UnixFileMode.UserRead | UnixFileMode.UserWrite);

    private static ModelNode Build(bool[] what, int kind, int networks, int directories)
    {
        var node = new ModelNode { IsLive = kind < 3, RunsSystemd = kind == 1, IsSeenFromPod = kind == 2 };
        node.Make("/etc", Found.Directory);
        foreach (((string path, Found found), bool isThere) in Possible.Zip(what))
        {
            if (isThere)
            {
                node.Make(path, found);
            }
        }

        for (int i = 0; i < networks; i++)
        {
            node.MakeNetwork($"/etc/cni/net.d/{i}0-net.conflist");
        }

        node.Directories.AddRange(new PluginDirectory[] { new("/usr/lib/cni"), new("/opt/cni/bin") }.Take(directories));
        return node;
    }

    private static InstallPlan Install(ModelNode node) => InstallPlanner.Plan(node, node.Record, Binary, Encoding.UTF8.GetBytes);

    private static void TakeAll(ModelNode node, InstallPlan plan, int most = int.MaxValue)
    {
        foreach (InstallStep step in plan.Steps.Where(step => step is not Remark).Take(most))
        {
            node.Take(step);
            Assert.False(node.IsBroken, $"after {step}: no pod would start");
        }
    }
}
