package dev.halfrate.processor.callback;

import java.net.InetAddress;

/**
 * Which addresses belong to the internet at large: not to this machine, a network of its own, a cloud's metadata, or nobody.
 * They are told by their bytes, so how an address was spelled does not matter.
 */
final class AddressRules {
    private static final int V4_BYTES = 4;

    /** First bytes, and how many bits of them count. From IANA's registry of what is not globally reachable. */
    private static final int[][] V4 = {
        {8, 0},
        {8, 10},
        {10, 100, 64},
        {8, 127},
        {16, 169, 254},
        {12, 172, 16},
        {24, 192, 0, 0},
        {24, 192, 0, 2},
        {24, 192, 88, 99},
        {16, 192, 168},
        {15, 198, 18},
        {24, 198, 51, 100},
        {24, 203, 0, 113},
        {3, 224} // multicast, and what is reserved after it
    };

    /** Within 2000::/3; all else is none of the internet's. The first carries an IPv4 address that may be anything. */
    private static final int[][] V6 = {
        {16, 0x20, 0x02},
        {23, 0x20, 0x01, 0x00},
        {32, 0x20, 0x01, 0x0d, 0xb8},
        {20, 0x3f, 0xff, 0x00}
    };

    private static final int[] V6_UNICAST = {3, 0x20};

    private AddressRules() {}

    static boolean isPublic(InetAddress address) {
        var bytes = address.getAddress();
        return bytes.length == V4_BYTES ? !isAmong(V4, bytes) : isIn(V6_UNICAST, bytes) && !isAmong(V6, bytes);
    }

    private static boolean isAmong(int[][] ranges, byte[] address) {
        for (var range : ranges) {
            if (isIn(range, address)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isIn(int[] range, byte[] address) {
        for (var bit = 0; bit < range[0]; bit++) {
            var at = bit / 8;
            var mask = 0x80 >> bit % 8;
            var expected = at + 1 < range.length ? range[at + 1] : 0;
            if ((address[at] & mask) != (expected & mask)) {
                return false;
            }
        }
        return true;
    }
}
