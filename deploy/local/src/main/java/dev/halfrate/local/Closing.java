package dev.halfrate.local;

import org.jspecify.annotations.Nullable;

/** Several resources as one, for the handler of a signal, which interrupts the code that would close them. */
final class Closing {
    private Closing() {}

    /** @return closes them in this order, each even if one before it fails; null stands for nothing to close */
    static AutoCloseable all(@Nullable AutoCloseable... resources) {
        return () -> closeFrom(0, resources);
    }

    private static void closeFrom(int index, @Nullable AutoCloseable[] resources) throws Exception {
        if (index == resources.length) {
            return;
        }
        var resource = resources[index];
        try {
            if (resource != null) {
                resource.close();
            }
        } finally {
            closeFrom(index + 1, resources);
        }
    }
}
