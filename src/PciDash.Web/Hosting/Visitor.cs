using System.Net;
using System.Net.Sockets;

namespace PciDash.Web.Hosting;

/// <summary>
/// Who asks, as far as a server without accounts can tell: the address that the request or the page's connection came from. It is kept
/// nowhere and only shares out what the server can do.
/// </summary>
/// <param name="context">The request, or the one that opened the page's connection.</param>
public sealed class Visitor(IHttpContextAccessor? context = null)
{
    /// <summary>The same for all requests and pages of one visitor; empty if the address is not known.</summary>
    public string Key { get; } = KeyOf(context?.HttpContext?.Connection.RemoteIpAddress);

    /// <summary>One visitor: an IPv4 address, or the /64 that a provider gives to a household under IPv6.</summary>
    public static string KeyOf(IPAddress? address)
    {
        if (address is null)
        {
            return "";
        }

        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        return address.AddressFamily == AddressFamily.InterNetwork ? address.ToString() : Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8));
    }
}
