using System.Numerics;
using CniSrcRoute.Planning;
using CsCheck;
using Xunit;

namespace CniSrcRoute.UnitTests.Planning;

/// <summary>Any mask that the configuration lets pass.</summary>
public class MarkMaskTests
{
    private static readonly Gen<MarkMask> GenMask = Gen.OneOf(
        from mask in Gen.UInt.Where(mask => BitOperations.PopCount(mask) > 1) select new MarkMask(mask),
        from low in Gen.Int[0, 30] from high in Gen.Int[0, 31].Where(high => high != 0) select new MarkMask((1u << low) | (1u << Math.Min(31, low + high))),
        Gen.OneOf(MarkMask.Default, new MarkMask(uint.MaxValue), new MarkMask(3), new MarkMask(0xc0000000), new MarkMask(0x80000001)));

    [Fact]
    public void The_nodes_own_bit_and_the_tables_bits_are_the_mask_and_have_nothing_in_common() => GenMask.Sample(mask =>
    {
        Assert.Equal(mask.Value, mask.Flag | mask.TableBits);
        Assert.Equal(0u, mask.Flag & mask.TableBits);
        Assert.Equal(1, BitOperations.PopCount(mask.Flag));
        Assert.True(mask.TableBits != 0 && mask.Flag > mask.TableBits);
    });

    [Fact]
    public void There_are_as_many_marks_as_the_tables_bits_can_tell_apart_besides_none() => GenMask.Sample(mask =>
        Assert.Equal(Math.Min((1L << BitOperations.PopCount(mask.TableBits)) - 1, int.MaxValue), mask.Capacity));

    [Fact]
    public void Every_number_has_a_mark_of_its_own_within_the_tables_bits() => Gen.Select(GenMask, Gen.Int[1, int.MaxValue]).Sample((mask, start) =>
    {
        int first = 1 + (start % mask.Capacity);
        int[] numbers = [.. Enumerable.Range(0, 200).Select(i => (int)(first + (long)i)).TakeWhile(number => number > 0 && number <= mask.Capacity)];
        uint[] marks = [.. numbers.Select(mask.Mark)];
        Assert.All(marks, mark => Assert.True(mark != 0 && (mark & ~mask.TableBits) == 0));
        Assert.Equal(marks.Order().Distinct(), marks);
    });

    [Fact]
    public void The_first_is_the_lowest_bit_and_the_last_are_all_of_them() => GenMask.Sample(mask =>
        Assert.Equal(
            (mask.TableBits & (0 - mask.TableBits), mask.TableBits),
            (mask.Mark(1), mask.Capacity == int.MaxValue ? mask.TableBits : mask.Mark(mask.Capacity))));
}
