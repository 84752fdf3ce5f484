package dev.halfrate.simulator;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SplittableRandom;

/** Short English texts for models to say: plain, accented and typographic characters, quotes, and line ends. */
final class Prose {

    private static final int SENTENCES_MAX = 6;

    private static final List<String> SENTENCES = List.of(
            "The total follows from the two numbers in the question.",
            "First, add what was earned on both days.",
            "That leaves a third of the boxes for the afternoon.",
            "It’s easier to count the pairs than the shoes.",
            "Zoë paid for the café’s jalapeño soup – twice.",
            "She said “take the early train”, and they did.",
            "A \"half rate\" is simply 50 % of the full one.",
            "Divide by seven…\nthen round down.",
            "Both answers agree, so the check passes.",
            "In short: yes.",
            "The Škoda needs 6.5 l per 100 km, the Citroën 7.2 l.",
            "Nothing in the text says otherwise.",
            "東京 is nine hours ahead of Greenwich.",
            "Step 3\tmultiplies the result by 1.10.",
            "The path is C:\\data\\input/2026.",
            "Six eggs make one omelette 🍳 for two.",
            "Fiancé, naïve and Übermut kept their accents.",
            "Five of the nine planks are too short.",
            "By noon the queue was empty again.",
            "The price fell by €3.50 → €2.00 remain.");

    private Prose() {}

    /** One to six sentences, and more until there are so many bytes of UTF-8. */
    static String text(int bytesMin, SplittableRandom random) {
        StringBuilder text = new StringBuilder();
        long bytes = 0;
        for (int left = random.nextInt(1, SENTENCES_MAX + 1); left > 0 || bytes < bytesMin; left--) {
            String sentence = SENTENCES.get(random.nextInt(SENTENCES.size()));
            text.append(text.isEmpty() ? "" : " ").append(sentence);
            bytes += sentence.getBytes(StandardCharsets.UTF_8).length;
        }
        return text.toString();
    }

    /** The longest beginning of {@code text} within so many bytes of UTF-8, without cutting a character in two. */
    static String cut(String text, long bytesMax) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        if (utf8.length <= bytesMax) {
            return text;
        }
        int end = (int) bytesMax;
        while (end > 0 && (utf8[end] & 0xC0) == 0x80) {
            end--;
        }
        return new String(utf8, 0, end, StandardCharsets.UTF_8);
    }
}
