package dev.halfrate.simulator;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.SplittableRandom;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** Small images for models to make: PNG files that any program opens, of eight by eight coloured dots. */
final class Picture {

    private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    private static final int SIDE = 8;
    private static final int BYTES_PER_DOT = 3;
    private static final byte[] TRUE_COLOUR = {8, 2, 0, 0, 0};

    private Picture() {}

    static String base64(SplittableRandom random) {
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        png.writeBytes(SIGNATURE);
        ByteBuffer header = ByteBuffer.allocate(13).putInt(SIDE).putInt(SIDE).put(TRUE_COLOUR);
        writeChunk(png, "IHDR", header.array());
        writeChunk(png, "IDAT", deflated(dots(random)));
        writeChunk(png, "IEND", new byte[0]);
        return Base64.getEncoder().encodeToString(png.toByteArray());
    }

    /** Each row begins with the byte that says that no filter was used. */
    private static byte[] dots(SplittableRandom random) {
        byte[] dots = new byte[SIDE * (1 + SIDE * BYTES_PER_DOT)];
        random.nextBytes(dots);
        for (int row = 0; row < SIDE; row++) {
            dots[row * (1 + SIDE * BYTES_PER_DOT)] = 0;
        }
        return dots;
    }

    private static byte[] deflated(byte[] bytes) {
        byte[] buffer = new byte[2 * bytes.length];
        try (Deflater deflater = new Deflater()) {
            deflater.setInput(bytes);
            deflater.finish();
            return Arrays.copyOf(buffer, deflater.deflate(buffer));
        }
    }

    private static void writeChunk(ByteArrayOutputStream png, String type, byte[] data) {
        byte[] name = type.getBytes(StandardCharsets.US_ASCII);
        CRC32 checksum = new CRC32();
        checksum.update(name);
        checksum.update(data);
        png.writeBytes(ByteBuffer.allocate(4).putInt(data.length).array());
        png.writeBytes(name);
        png.writeBytes(data);
        png.writeBytes(ByteBuffer.allocate(4).putInt((int) checksum.getValue()).array());
    }
}
