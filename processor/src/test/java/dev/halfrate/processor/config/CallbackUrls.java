package dev.halfrate.processor.config;

/** URLs of tests elsewhere. */
public final class CallbackUrls {
    private CallbackUrls() {}

    public static CallbackUrl of(String url) {
        return CallbackUrl.parse(url);
    }
}
