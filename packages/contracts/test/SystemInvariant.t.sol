// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAssayHub} from "@assay/hub-interface/solidity/IAssayHub.sol";
import {OperatorStakes} from "../solidity/OperatorStakes.sol";
import {Slashing} from "../solidity/Slashing.sol";
import {TrialDollar} from "../solidity/payments/TrialDollar.sol";
import {VerdictPayments} from "../solidity/payments/VerdictPayments.sol";
import {EvidenceMaker} from "./Evidence.sol";

/// @notice Everything that people do with the contracts of a network, at random: staking, leaving, epochs, posts by any
/// of the members, reports of equivocations, settling, payments. It notes what must hold afterwards.
contract SystemHandler is EvidenceMaker {
    uint64 public constant SEQUENCES = 4;
    address public constant MINER = address(0xa1);
    address public constant FEES = address(0xf0);
    uint256 public constant DOLLARS = 1_000_000_000;
    uint256 private constant COUNT = 5;
    uint256 private constant PAYER_KEY = 0xbeef;
    uint96 private constant PRICE = 1_000;
    bytes32 private constant POLICY = keccak256("policy");

    /// @notice A certified task.
    struct Task {
        uint64 epoch;
        uint64 sequence;
        bytes text;
    }

    TrialDollar public dollar;
    VerdictPayments public payments;
    uint256[] private keys;
    bytes32[] private cases;
    Task[] private tasks;

    /// @notice The root that was posted under an epoch and sequence with more than two thirds of the weight.
    mapping(uint64 epoch => mapping(uint64 sequence => bytes32 root)) public certified;

    /// @notice The leaf that a task was settled with first.
    mapping(bytes32 taskId => bytes32 leaf) public settled;

    /// @notice Everything that was staked, has been withdrawn, and was taken for equivocations.
    uint256 public staked;
    uint256 public withdrawn;
    uint256 public taken;

    /// @notice How many answers were paid.
    uint256 public paid;

    constructor() {
        _deployNetwork();
        keys = _keys(COUNT);
        for (uint256 i = 0; i < 3; ++i) {
            _join(keys[i], 500);
            staked += 500;
        }
        _announceRule();
        registry.startEpoch();
        dollar = new TrialDollar(vm.addr(PAYER_KEY), DOLLARS);
        payments = new VerdictPayments(IAssayHub(address(hub)), dollar);
    }

    /// @notice Stakes for an operator that is not there, adds to the stake of one that is, or brings it back.
    function stake(uint256 which, uint96 amount) external {
        uint256 key = keys[which % COUNT];
        OperatorStakes.Operator memory record = registry.operatorOf(vm.addr(key));
        amount = amount % 1_000 + MINIMUM;
        if (record.owner == address(0)) _join(key, amount);
        else if (record.seat > 0) registry.addStake(vm.addr(key), amount);
        else registry.rejoin(vm.addr(key), amount);
        staked += amount;
    }

    /// @notice Gives up a seat, or withdraws what can be withdrawn.
    function goAway(uint256 which) external {
        address operator = vm.addr(keys[which % COUNT]);
        OperatorStakes.Operator memory record = registry.operatorOf(operator);
        if (record.seat > 0) return registry.resign(operator);
        if (registry.unboundFrom(operator) > vm.getBlockTimestamp() || record.openCases > 0) return;
        registry.withdraw(operator);
        withdrawn += record.stake;
    }

    /// @notice Lets time pass, and starts an epoch where there is somebody to be in it.
    function startEpoch(uint32 passed) external {
        uint256 soonest = registry.startedAt(registry.currentEpoch()) + EPOCH;
        uint256 later = vm.getBlockTimestamp() + passed % (2 * UNBONDING);
        vm.warp(later > soonest ? later : soonest);
        try registry.startEpoch() {} catch {}
    }

    /// @notice Posts a task's report as a batch, signed by the members that `mask` names, in this epoch or the one before.
    /// It has to be taken where they have more than two thirds of the weight, the epoch counts, and the place is free.
    function post(uint256 mask, uint64 sequence, bool isOld) external {
        uint64 epoch = registry.currentEpoch();
        if (isOld && epoch > 1) --epoch;
        sequence %= SEQUENCES;
        // Of random masks few have a quorum.
        if (mask % 2 == 0) mask = type(uint256).max;
        bytes memory text = abi.encodePacked("question|answers ", tasks.length);
        bytes32 root = _leafOf(text);
        (bytes memory certificate, uint256 signed) =
            _signedByMembers(epoch, mask, hub.cosignatureDigest(epoch, sequence, root, 1));
        bool isDue = signed * 3 > registry.totalWeight(epoch) * 2 && hub.isCheckable(epoch)
            && certified[epoch][sequence] == 0;
        try hub.post(epoch, sequence, root, 1, certificate) {
            assertTrue(isDue, "a batch was taken that must not be");
            certified[epoch][sequence] = root;
            tasks.push(Task(epoch, sequence, text));
        } catch {
            assertTrue(!isDue, "a batch was refused that must be taken");
        }
    }

    /// @notice Settles a certified task, which nobody can do twice.
    function settle(uint256 which) external {
        if (tasks.length == 0) return;
        Task memory task = tasks[which % tasks.length];
        bytes32 taskId = keccak256(task.text);
        bool isFirst = settled[taskId] == 0;
        try payments.hub().settle(task.epoch, task.sequence, _reportOn(task.text), new bytes32[](0)) {
            assertTrue(isFirst, "a task was settled twice");
            settled[taskId] = _leafOf(task.text);
        } catch {
            assertTrue(!isFirst, "a certified task was not settled");
        }
    }

    /// @notice Reports that an operator has signed two votes for a task.
    function report(uint256 which, uint8 task) external {
        uint256 key = keys[which % COUNT];
        uint64 epoch = registry.currentEpoch();
        bytes memory evidence = _signedBy(
            key, key, epoch, keccak256(abi.encode(task % 3)), _measured(9_000, 0), _measured(9_000, 8)
        );
        bool isSlashable = registry.weightOf(epoch, vm.addr(key)) > 0 && registry.operatorOf(vm.addr(key)).stake > 0;
        try slashing.report(evidence) returns (bytes32 caseId) {
            assertTrue(isSlashable, "a case without a member or stake");
            cases.push(caseId);
        } catch (bytes memory reason) {
            bool isKnown = bytes4(reason) == Slashing.CaseKnown.selector;
            assertTrue(!isSlashable || isKnown, "evidence was refused");
        }
    }

    /// @notice Ends an open case: spared while it can be, executed otherwise.
    function judge(uint256 which, bool isSpared) external {
        if (cases.length == 0) return;
        bytes32 caseId = cases[which % cases.length];
        Slashing.Case memory entry = slashing.caseOf(caseId);
        if (entry.standing != Slashing.Standing.Open) return;
        if (isSpared && vm.getBlockTimestamp() < entry.executableFrom) {
            vm.prank(ARBITER);
            return slashing.dismiss(caseId);
        }
        if (vm.getBlockTimestamp() < entry.executableFrom) vm.warp(entry.executableFrom);
        uint256 before = token.balanceOf(address(registry));
        slashing.execute(caseId);
        taken += before - token.balanceOf(address(registry));
    }

    /// @notice Pays for the answer of a certified task.
    function pay(uint256 which) external {
        if (tasks.length == 0) return;
        Task memory task = tasks[which % tasks.length];
        uint256 time = vm.getBlockTimestamp();
        VerdictPayments.Terms memory terms = VerdictPayments.Terms({
            question: keccak256("question|"),
            policyDigest: POLICY,
            collector: address(this),
            payer: vm.addr(PAYER_KEY),
            feeReceiver: FEES,
            amount: PRICE,
            feeBasisPoints: 500,
            refundableFrom: uint48(time)
        });
        VerdictPayments.Judged memory judged = VerdictPayments.Judged(
            task.epoch, task.sequence, _reportOn(task.text), new bytes32[](0), task.text, 9
        );
        payments.collect(terms, _authorization(payments.addressOf(terms), time, ++paid), judged);
        settled[keccak256(task.text)] = certified[task.epoch][task.sequence];
    }

    /// @notice Stake at the registry, stated for all operators, and at everybody else who can have some.
    function stakes() external view returns (uint256 held, uint256 stated, uint256 elsewhere) {
        held = token.balanceOf(address(registry));
        for (uint256 i = 0; i < COUNT; ++i) {
            stated += registry.operatorOf(vm.addr(keys[i])).stake;
        }
        elsewhere = token.balanceOf(address(this)) + token.balanceOf(TREASURY) + token.balanceOf(address(slashing));
    }

    /// @notice The weight of the running epoch: in total, and summed over its members.
    function weights() external view returns (uint256 total, uint256 sum) {
        uint64 epoch = registry.currentEpoch();
        total = registry.totalWeight(epoch);
        for (uint256 i = 0; i < COUNT; ++i) {
            sum += registry.weightOf(epoch, vm.addr(keys[i]));
        }
    }

    /// @notice What the hub has under an epoch and sequence, and what it should have.
    function rootsOf(uint64 epoch, uint64 sequence) external view returns (bytes32 root, bytes32 expected) {
        return (hub.rootOf(epoch, sequence), certified[epoch][sequence]);
    }

    /// @notice What the hub has settled a certified task with, and what it should have.
    function settledOf(uint256 which) external view returns (bytes32 leaf, bytes32 expected) {
        bytes32 taskId = keccak256(tasks[which].text);
        return (hub.settledLeaf(taskId), settled[taskId]);
    }

    /// @notice How many tasks are certified.
    function taskCount() external view returns (uint256) {
        return tasks.length;
    }

    /// @notice The epoch that runs.
    function currentEpoch() external view returns (uint64) {
        return registry.currentEpoch();
    }

    /// @dev A certificate by those members of an epoch that `mask` names, and their weight.
    function _signedByMembers(uint64 epoch, uint256 mask, bytes32 digest)
        private
        returns (bytes memory certificate, uint256 signed)
    {
        uint256[] memory signers = new uint256[](COUNT);
        bytes memory nonSigners;
        uint256 count = 0;
        uint256 place = 0;
        for (uint256 i = 0; i < COUNT; ++i) {
            uint256 weight = registry.weightOf(epoch, vm.addr(keys[i]));
            if (weight == 0) continue;
            if ((mask >> i) & 1 == 1) {
                signers[count++] = keys[i];
                signed += weight;
            } else {
                nonSigners = bytes.concat(nonSigners, bytes1(uint8(place)));
            }
            ++place;
        }
        snapshot = registry.storeOf(epoch);
        if (count == 0) return ("", 0);
        certificate = _certified(_first(signers, count), digest);
        if (_signsWithBls()) certificate = bytes.concat(certificate, nonSigners);
    }

    /// @dev The report of a task, which accepts the miner.
    function _reportOn(bytes memory text) private pure returns (IAssayHub.Report memory) {
        bytes memory scores = abi.encodePacked(uint16(9_000), uint16(9_000), uint16(9_000));
        bytes memory results = abi.encodePacked(bytes32(uint256(uint160(MINER))), uint8(1), scores);
        return IAssayHub.Report(keccak256(text), POLICY, results);
    }

    /// @dev Its leaf, which is the root of a batch of one.
    function _leafOf(bytes memory text) private view returns (bytes32) {
        return payments.hub().reportLeaf(_reportOn(text));
    }

    /// @dev What the payer signs; it is valid now.
    function _authorization(address to, uint256 time, uint256 nonce)
        private
        view
        returns (VerdictPayments.Authorization memory signed)
    {
        signed = VerdictPayments.Authorization(
            vm.addr(PAYER_KEY), PRICE, time - 1, time + 1, bytes32(nonce), 0, 0, 0
        );
        bytes32 structHash = keccak256(
            abi.encode(
                dollar.TRANSFER_WITH_AUTHORIZATION_TYPEHASH(), signed.from, to, PRICE, time - 1, time + 1, bytes32(nonce)
            )
        );
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Trial dollar"),
                keccak256("1"),
                block.chainid,
                address(dollar)
            )
        );
        (signed.v, signed.r, signed.s) =
            vm.sign(PAYER_KEY, keccak256(abi.encodePacked(hex"1901", domain, structHash)));
    }
}

/// @notice What holds over the whole system of contracts, whatever is done and in whatever order.
contract SystemInvariantTest {
    SystemHandler private handler;

    function setUp() public {
        handler = new SystemHandler();
    }

    /// @notice Tells forge which contract to call at random.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// @notice Roots are those of the first batch with more than two thirds; a task keeps its report; stake, weight and
    /// dollars are neither made nor lost.
    function invariant_theSystemHolds() public view {
        for (uint64 epoch = 1; epoch <= handler.currentEpoch(); ++epoch) {
            for (uint64 sequence = 0; sequence < handler.SEQUENCES(); ++sequence) {
                (bytes32 root, bytes32 expected) = handler.rootsOf(epoch, sequence);
                require(root == expected, "root of the first certified batch");
            }
        }
        for (uint256 i = 0; i < handler.taskCount(); ++i) {
            (bytes32 leaf, bytes32 first) = handler.settledOf(i);
            require(leaf == first, "report of a settled task");
        }
        _checkStake();
        _checkDollars();
    }

    function _checkStake() private view {
        (uint256 held, uint256 stated, uint256 elsewhere) = handler.stakes();
        require(held == stated, "what is held and what is stated");
        require(held == handler.staked() - handler.withdrawn() - handler.taken(), "what came in and what went out");
        require(held + elsewhere == 1_000_000_000, "supply of the stake token");
        (uint256 total, uint256 sum) = handler.weights();
        require(total == sum && total > 0, "total weight");
    }

    function _checkDollars() private view {
        uint256 paid = handler.paid();
        TrialDollar dollar = handler.dollar();
        require(dollar.balanceOf(handler.MINER()) == paid * 950, "what the miner has");
        require(dollar.balanceOf(handler.FEES()) == paid * 50, "what the operators have");
        require(dollar.balanceOf(address(handler.payments())) == 0, "what the contract keeps");
    }
}
