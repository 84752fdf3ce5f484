package dev.halfrate.processor.topology;

import java.util.Map;
import org.apache.kafka.streams.state.RocksDBConfigSetter;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.Cache;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.WriteBufferManager;

/**
 * One memory limit for all stores of the process. By default each store of each partition takes up to 50 MB of
 * cache and 48 MB of write buffers outside the heap, where no -Xmx counts them.
 */
public final class BoundedRocksMemory implements RocksDBConfigSetter {
    private static final long BYTES = 32L << 20;
    private static final Cache CACHE = new LRUCache(BYTES);
    private static final WriteBufferManager WRITE_BUFFERS = new WriteBufferManager(BYTES / 2, CACHE);

    @Override
    public void setConfig(String storeName, Options options, Map<String, Object> configs) {
        var table = (BlockBasedTableConfig) options.tableFormatConfig();
        table.setBlockCache(CACHE).setCacheIndexAndFilterBlocks(true);
        options.setTableFormatConfig(table)
                .setWriteBufferManager(WRITE_BUFFERS)
                .setWriteBufferSize(4L << 20)
                .setMaxWriteBufferNumber(2);
    }

    @Override
    public void close(String storeName, Options options) {
        // The cache and the buffers belong to all stores and live as long as the process.
    }
}
