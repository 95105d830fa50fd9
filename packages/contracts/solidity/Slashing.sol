// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {AssayHub} from "./AssayHub.sol";
import {Equivocation} from "./Equivocation.sol";
import {ValidatorRegistry} from "./ValidatorRegistry.sol";

/// @title Slashing
/// @notice Takes a share of an operator's stake for two observations of one task, role and epoch that cannot both be
/// honest. Nothing else slashes.
/// @dev Once for each operator, epoch, task and role. Between report and execution there is a window in which the
/// arbiter may dismiss the case: it can spare an operator, and can do nothing to one. The stake is held meanwhile.
contract Slashing {
    using SafeERC20 for IERC20;

    /// @notice What has become of a case.
    enum Standing {
        None,
        Open,
        Executed,
        Dismissed
    }

    /// @notice A report of an equivocation.
    /// @param operator Who signed both observations.
    /// @param executableFrom The end of its dispute window.
    /// @param standing What has become of it.
    /// @param reporter Who reported it, and is paid.
    struct Case {
        address operator;
        uint48 executableFrom;
        Standing standing;
        address reporter;
    }

    /// @notice What is fixed when the contract is deployed. Shares are basis points.
    /// @param slashedShare How much of the stake a case takes.
    /// @param reporterShare How much of that the reporter gets; the rest is the treasury's.
    /// @param disputeSeconds How long a case waits.
    /// @param arbiter Who may dismiss a case; zero for nobody.
    /// @param treasury Who gets what the reporter does not.
    struct Settings {
        uint16 slashedShare;
        uint16 reporterShare;
        uint32 disputeSeconds;
        address arbiter;
        address treasury;
    }

    uint256 private constant BASIS_POINTS = 10_000;

    /// @notice Whose typed data the observations are.
    AssayHub public immutable hub;

    /// @notice Where the stake is.
    ValidatorRegistry public immutable registry;

    /// @notice How much of the stake a case takes, in basis points.
    uint16 public immutable slashedShare;

    /// @notice How much of what is taken the reporter gets, in basis points.
    uint16 public immutable reporterShare;

    /// @notice How long a case waits.
    uint32 public immutable disputeSeconds;

    /// @notice Who may dismiss a case.
    address public immutable arbiter;

    /// @notice Who gets what the reporter does not.
    address public immutable treasury;

    mapping(bytes32 caseId => Case) private _cases;

    /// @notice An equivocation is proved, and its case waits.
    event EquivocationReported(
        bytes32 indexed caseId, address indexed operator, address indexed reporter, uint48 executableFrom
    );

    /// @notice Stake was taken.
    event EquivocationSlashed(bytes32 indexed caseId, address indexed operator, uint96 taken, uint256 reward);

    /// @notice The arbiter has spared the operator.
    event CaseDismissed(bytes32 indexed caseId, address indexed operator);

    /// @notice A share is above the whole, or there is no treasury.
    error SettingsOutOfRange();

    /// @notice The two signatures are not of one operator, or one of them is none.
    error NotOneSigner(address first, address second);

    /// @notice The signer is not in the epoch's validator set. Also what evidence of another chain or hub leads to.
    error NotAMember(uint64 epoch, address signer);

    /// @notice The vote rule is not that of the epoch's policies.
    error WrongVoteRule(uint64 epoch);

    /// @notice This equivocation has its case already.
    error CaseKnown(bytes32 caseId);

    /// @notice The operator has nothing left that could be taken.
    error NothingAtStake(address operator);

    /// @notice There is no open case of this name.
    error CaseNotOpen(bytes32 caseId);

    /// @notice The dispute window is open still.
    error CaseTooYoung(uint48 executableFrom);

    /// @notice The dispute window is over.
    error CaseTooOld(uint48 executableFrom);

    /// @notice Only the arbiter may do this.
    error NotTheArbiter(address sender);

    constructor(AssayHub hub_, ValidatorRegistry registry_, Settings memory settings) {
        if (settings.slashedShare > BASIS_POINTS || settings.reporterShare > BASIS_POINTS) revert SettingsOutOfRange();
        if (settings.treasury == address(0)) revert SettingsOutOfRange();
        hub = hub_;
        registry = registry_;
        slashedShare = settings.slashedShare;
        reporterShare = settings.reporterShare;
        disputeSeconds = settings.disputeSeconds;
        arbiter = settings.arbiter;
        treasury = settings.treasury;
    }

    /// @notice Reports an equivocation. Anyone may, and who is first is paid when the case is executed.
    /// @param evidence See Equivocation.
    function report(bytes calldata evidence) external returns (bytes32 caseId) {
        Equivocation.Subject memory subject = Equivocation.subjectOf(evidence);
        Equivocation.check(evidence);
        if (Equivocation.policiesDigestOf(evidence) != registry.policiesDigest(subject.epoch)) {
            revert WrongVoteRule(subject.epoch);
        }
        address operator = _signerOf(evidence, subject, 0);
        address second = _signerOf(evidence, subject, 1);
        if (operator == address(0) || operator != second) revert NotOneSigner(operator, second);
        if (registry.weightOf(subject.epoch, operator) == 0) revert NotAMember(subject.epoch, operator);
        if (registry.operatorOf(operator).stake == 0) revert NothingAtStake(operator);

        caseId = keccak256(abi.encode(operator, subject.epoch, subject.taskId, subject.role));
        if (_cases[caseId].standing != Standing.None) revert CaseKnown(caseId);
        uint48 executableFrom = uint48(block.timestamp) + disputeSeconds;
        _cases[caseId] = Case(operator, executableFrom, Standing.Open, msg.sender);
        emit EquivocationReported(caseId, operator, msg.sender, executableFrom);
        registry.holdStake(operator);
    }

    /// @notice Ends a case whose dispute window is over: takes the share and pays the reporter. Anyone may.
    function execute(bytes32 caseId) external {
        Case storage entry = _openCase(caseId);
        if (block.timestamp < entry.executableFrom) revert CaseTooYoung(entry.executableFrom);
        entry.standing = Standing.Executed;
        uint96 taken = registry.takeStake(entry.operator, slashedShare);
        uint256 reward = (uint256(taken) * reporterShare) / BASIS_POINTS;
        emit EquivocationSlashed(caseId, entry.operator, taken, reward);
        IERC20 token = registry.stakeToken();
        token.safeTransfer(entry.reporter, reward);
        token.safeTransfer(treasury, taken - reward);
    }

    /// @notice Ends a case in its dispute window without taking anything. The equivocation cannot be reported again.
    function dismiss(bytes32 caseId) external {
        if (msg.sender != arbiter) revert NotTheArbiter(msg.sender);
        Case storage entry = _openCase(caseId);
        if (block.timestamp >= entry.executableFrom) revert CaseTooOld(entry.executableFrom);
        entry.standing = Standing.Dismissed;
        emit CaseDismissed(caseId, entry.operator);
        registry.releaseStake(entry.operator);
    }

    /// @notice A case; all zero when there is none.
    function caseOf(bytes32 caseId) external view returns (Case memory) {
        return _cases[caseId];
    }

    /// @dev An open case.
    function _openCase(bytes32 caseId) private view returns (Case storage entry) {
        entry = _cases[caseId];
        if (entry.standing != Standing.Open) revert CaseNotOpen(caseId);
    }

    /// @dev Who signed the first (0) or the second (1) observation; zero for nobody.
    function _signerOf(bytes calldata evidence, Equivocation.Subject memory subject, uint256 which)
        private
        view
        returns (address signer)
    {
        bytes32 measurements = keccak256(Equivocation.measurementsOf(evidence, which));
        bytes32 digest = hub.observationDigest(
            subject.epoch, subject.taskId, subject.role, subject.methodDigest, measurements
        );
        (signer,,) = ECDSA.tryRecoverCalldata(digest, Equivocation.signatureOf(evidence, which));
    }
}
