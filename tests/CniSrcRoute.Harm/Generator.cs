using CniSrcRoute.Harm.Parts;

namespace CniSrcRoute.Harm;

/// <summary>Draws scenes.</summary>
internal static class Generator
{
    /// <summary>The scene of a seed.</summary>
    public static Scene Scene(int seed)
    {
        // Random with a seed gives the same numbers on every machine.
        Random random = new(seed * 7919);
        List<Part> parts = [new Beyond()];
        int lans = random.Next(10) switch { 0 => 1, < 6 => 2, < 9 => 3, _ => 4 };
        Repeat(lans, i => parts.Add(new Parts.Lan(i, random)));
        Sometimes(random, 20, () => parts.Add(new Twin(random)));
        Sometimes(random, 70, () => parts.Add(new Overlay(random)));
        Repeat(random.Next(3), i => parts.Add(new Container(i, random)));
        Sometimes(random, 25, () => parts.Add(new Vpn(random)));
        Repeat(random.Next(3), i => parts.Add(new Virtual(i, random)));
        Repeat(random.Next(2), i => parts.Add(new BackNetwork(i, random)));
        Sometimes(random, 20, () => parts.Add(new Defaults(random)));
        Sometimes(random, 25, () => parts.Add(new Advertised(random)));
        Repeat(Math.Max(0, random.Next(4) - 1), i => parts.Add(new Policy(i, random)));
        Sometimes(random, 60, () => parts.Add(new Services(random)));
        Sometimes(random, 60, () => parts.Add(new ReversePath(random)));
        Repeat(random.Next(4), i => parts.Add(new Event(i, random)));

        // What is drawn in addition, by numbers of its own: the nodes of all seeds stay what they were.
        Random more = new((seed * 104729) + 1);
        Sometimes(more, 40, () => parts.Add(new Mistaken(more)));
        Sometimes(more, 50, () => parts.Add(new Configured(more)));
        Repeat(more.Next(3), i => parts.Add(new Attached(i, parts.OfType<Attached>().LastOrDefault()?.When ?? Moment.First, more)));
        return new Scene(seed, parts);
    }

    private static void Repeat(int count, Action<int> add)
    {
        for (int i = 0; i < count; i++)
        {
            add(i);
        }
    }

    private static void Sometimes(Random random, int percent, Action add)
    {
        if (random.Next(100) < percent)
        {
            add();
        }
    }
}
