namespace PciDash.Engine.Hardware;

/// <summary>How a pin travels up through bridges, and where it ends on a platform.</summary>
public static class Swizzle
{
    /// <summary>
    /// The pin on the bridge's own side that <paramref name="pin"/> of the device in <paramref name="slot"/> arrives at.
    /// </summary>
    /// <remarks>pci_swizzle_interrupt_pin: ((pin - 1) + slot) % 4 + 1 (domain rule 5.8).</remarks>
    public static InterruptPin ThroughBridge(InterruptPin pin, int slot) =>
        pin == InterruptPin.None ? pin : (InterruptPin)((((int)pin - 1) + slot) % 4 + 1);
}
