using System.Globalization;

namespace PciDash.Engine.Machine;

/// <summary>A point or length of simulated time in whole nanoseconds; zero is the start of the shutdown, earlier is negative.</summary>
public readonly record struct SimTime(long Nanoseconds) : IComparable<SimTime>
{
    /// <summary>From whole microseconds.</summary>
    public static SimTime FromMicroseconds(long microseconds) => new(microseconds * 1_000);

    /// <summary>From whole milliseconds.</summary>
    public static SimTime FromMilliseconds(long milliseconds) => new(milliseconds * 1_000_000);

    /// <inheritdoc/>
    public int CompareTo(SimTime other) => Nanoseconds.CompareTo(other.Nanoseconds);

    /// <summary>Seconds, for display and export only: the engine computes in nanoseconds.</summary>
    public double Seconds => Nanoseconds / 1e9;

    /// <summary>With the unit that keeps it readable: <c>55 µs</c>, <c>1.102 ms</c>, <c>0.661 s</c>.</summary>
    public override string ToString()
    {
        var magnitude = Math.Abs(Nanoseconds);
        return magnitude switch
        {
            < 1_000 => string.Create(CultureInfo.InvariantCulture, $"{Nanoseconds} ns"),
            < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{Nanoseconds / 1e3:0.###} µs"),
            < 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{Nanoseconds / 1e6:0.###} ms"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{Nanoseconds / 1e9:0.###} s"),
        };
    }

    /// <summary>Earlier.</summary>
    public static bool operator <(SimTime left, SimTime right) => left.Nanoseconds < right.Nanoseconds;

    /// <summary>Later.</summary>
    public static bool operator >(SimTime left, SimTime right) => left.Nanoseconds > right.Nanoseconds;

    /// <summary>Earlier or equal.</summary>
    public static bool operator <=(SimTime left, SimTime right) => left.Nanoseconds <= right.Nanoseconds;

    /// <summary>Later or equal.</summary>
    public static bool operator >=(SimTime left, SimTime right) => left.Nanoseconds >= right.Nanoseconds;
}
