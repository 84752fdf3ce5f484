package dev.halfrate.processor.lines;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Utf8Test {
    private static final int BEFORE_MAX = 20;

    @ParameterizedTest
    @ValueSource(strings = {"", "a", "\u00e9", "\u20ac", "\ud83d\ude00"})
    void whatIsWellFormedIsSoWhereverItStands(String text) {
        for (var before = 0; before < BEFORE_MAX; before++) {
            for (var after = 0; after < BEFORE_MAX; after++) {
                var value = ("a".repeat(before) + text + "b".repeat(after)).getBytes(UTF_8);

                assertThat(Utf8.wellFormed(value, 0, value.length)).isEqualTo(value.length);
            }
        }
    }

    /** A lone byte that follows, an overlong slash, half a pair, beyond Unicode. */
    @ParameterizedTest
    @ValueSource(strings = {"80", "c0af", "eda080", "f4908080", "ff"})
    void whatIsNotIsFoundWhereverItStands(String hex) {
        var wrong = HexFormat.of().parseHex(hex);
        for (var before = 0; before < BEFORE_MAX; before++) {
            for (var after = 0; after < BEFORE_MAX; after++) {
                var value = new byte[3 + before + wrong.length + after];
                Arrays.fill(value, (byte) 'a');
                System.arraycopy(wrong, 0, value, 3 + before, wrong.length);

                assertThat(Utf8.wellFormed(value, 3, value.length - 3)).isEqualTo(before);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void aCharacterThatIsCutInTwoIsNot(int cut) {
        var value = "12345678\u20ac".getBytes(UTF_8);

        assertThat(Utf8.wellFormed(value, 0, value.length - cut)).isEqualTo(8);
    }

    @ParameterizedTest
    @ValueSource(ints = {1_023, 1_024, 1_025, 5_000})
    void longTextsAreReadToTheirEnds(int chars) {
        var value = ("\u00e9".repeat(chars) + "x").getBytes(UTF_8);
        value[value.length - 1] = (byte) 0xff;

        assertThat(Utf8.wellFormed(value, 0, value.length)).isEqualTo(value.length - 1);
    }
}
