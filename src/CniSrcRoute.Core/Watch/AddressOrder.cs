namespace CniSrcRoute.Watch;

/// <summary>The order in which the kernel lists addresses (inet_insert_ifa, ipv6_link_dev_addr): the first of a card is the one it speaks from.</summary>
internal static class AddressOrder
{
    /// <summary>Whether a new address is listed before one that is there.</summary>
    /// <param name="added">The new one.</param>
    /// <param name="other">The other.</param>
    public static bool IsBefore(Address added, Address other) =>
        added.Local.Family != other.Local.Family ? added.Local.Family < other.Local.Family
        : added.Link != other.Link ? added.Link < other.Link
        : added.Local.Family == Family.IPv6 ? other.Scope >= added.Scope
        : other.IsSecondary && !added.IsSecondary;
}
