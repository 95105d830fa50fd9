// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AssayTest} from "./Assay.sol";

/// @notice The precompiles that tests run against are those of EIP-2537: its own vectors, where the shared data lies
/// next to the repository.
contract Eip2537Test is AssayTest {
    string private constant FOLDER = "../../../shared/data/eip-2537/";

    function test_addG1() public {
        _run("add_G1_bls.json", 0x0b);
    }

    function test_mulG1() public {
        _run("mul_G1_bls.json", 0x0c);
    }

    function test_addG2() public {
        _run("add_G2_bls.json", 0x0d);
    }

    function test_mulG2() public {
        _run("mul_G2_bls.json", 0x0e);
    }

    function test_pairingCheck() public {
        _run("pairing_check_bls.json", 0x0f);
    }

    function test_mapFpToG1() public {
        _run("map_fp_to_G1_bls.json", 0x10);
    }

    function test_mapFp2ToG2() public {
        _run("map_fp2_to_G2_bls.json", 0x11);
    }

    function test_failures() public {
        _fail("fail-add_G1_bls.json", 0x0b);
        _fail("fail-mul_G1_bls.json", 0x0c);
        _fail("fail-add_G2_bls.json", 0x0d);
        _fail("fail-mul_G2_bls.json", 0x0e);
        _fail("fail-pairing_check_bls.json", 0x0f);
        _fail("fail-map_fp_to_G1_bls.json", 0x10);
        _fail("fail-map_fp2_to_G2_bls.json", 0x11);
    }

    /// @dev Every input of a file gives the output that the file expects.
    function _run(string memory name, uint160 precompile) private {
        string memory json = _read(name);
        uint256 count = 0;
        for (string memory place = "$[0]"; vm.keyExistsJson(json, place); place = _placeOf(++count)) {
            (bool done, bytes memory result) = address(precompile).staticcall(_bytes(json, place, ".Input"));
            assertTrue(done, name);
            assertEq(keccak256(result), keccak256(_bytes(json, place, ".Expected")), name);
        }
        assertTrue(count > 0, name);
    }

    /// @dev Every input of a file is refused.
    function _fail(string memory name, uint160 precompile) private {
        string memory json = _read(name);
        uint256 count = 0;
        for (string memory place = "$[0]"; vm.keyExistsJson(json, place); place = _placeOf(++count)) {
            (bool done,) = address(precompile).staticcall{gas: 5_000_000}(_bytes(json, place, ".Input"));
            assertTrue(!done, name);
        }
        assertTrue(count > 0, name);
    }

    /// @dev Where the vector number `index` is.
    function _placeOf(uint256 index) private pure returns (string memory) {
        return string.concat("$[", vm.toString(index), "]");
    }

    /// @dev Bytes of a vector, which are in hexadecimal digits without a prefix.
    function _bytes(string memory json, string memory place, string memory field) private pure returns (bytes memory) {
        return vm.parseBytes(string.concat("0x", vm.parseJsonString(json, string.concat(place, field))));
    }

    /// @dev A file of vectors; where there is none the test is skipped, and says which file it wants.
    function _read(string memory name) private returns (string memory) {
        string memory path = string.concat(FOLDER, name);
        vm.skip(!vm.exists(path), string.concat("not there: shared/data/eip-2537/", name));
        return vm.readFile(path);
    }
}
