package dev.halfrate.processor.provider;

/**
 * Where in a result file a line begins. Only a hint: what was delivered before may be delivered again.
 *
 * @param bytes, lines of the file before it
 * @param version the vendor's word for the file's content, empty if there is none
 */
public record FilePosition(long bytes, long lines, String version) {
    public static final FilePosition START = new FilePosition(0, 0, "");
}
